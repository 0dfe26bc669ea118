import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { anchorSchema, pointSchema } from '#protocol/geometry.ts';
import type { Line } from '#protocol/geometry.ts';

const id = v.pipe(v.string(), v.minLength(1));

const geometrySchema = v.object({
  lines: v.optional(
    v.array(
      v.pipe(
        v.object({ id, p1: pointSchema, p2: pointSchema, anchor: v.optional(anchorSchema, 'foot') }),
        v.check(({ p1, p2 }) => Math.hypot(p2[0] - p1[0], p2[1] - p1[1]) >= 0.01, 'p1 and p2 must lie apart'),
      ),
    ),
    [],
  ),
  zones: v.optional(
    v.array(v.object({ id, polygon: v.pipe(v.array(pointSchema), v.minLength(3, 'needs three corners or more')) })),
    [],
  ),
});

export interface Geometry {
  readonly lines: readonly Line[];
  readonly zones: readonly { readonly id: string }[];
}

/** Lines and zones of a geometry file; other fields are ignored. Rejects with an AppError that names file and place. */
export async function readGeometry(path: string): Promise<Geometry> {
  try {
    const geometry = parse(geometrySchema, JSON.parse(await readText(path)), 'geometry.out-of-range');
    if (geometry.lines.length + geometry.zones.length === 0) {
      throw new AppError('input.invalid', 'has neither lines nor zones');
    }
    return { lines: geometry.lines.map((line) => ({ ...line, name: line.id })), zones: geometry.zones };
  } catch (cause) {
    if (cause instanceof AppError) throw new AppError(cause.code, `geometry ${path}: ${cause.message}`, { cause });
    throw new AppError('input.invalid', `geometry ${path}: is not JSON`, { cause });
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    throw new AppError('input.invalid', `cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown'})`, {
      cause,
    });
  }
}
