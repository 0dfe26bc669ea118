import { readFile } from 'node:fs/promises';
import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { anchorSchema, pointSchema, zoneSchema } from '#protocol/geometry.ts';
import type { Line, Zone } from '#protocol/geometry.ts';

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
    v.array(
      v.object({
        ...v.omit(zoneSchema, ['id', 'name', 'polygon']).entries,
        id,
        polygon: v.pipe(v.array(pointSchema), v.minLength(3, 'needs three corners or more')),
      }),
    ),
    [],
  ),
});

export interface Geometry {
  readonly lines: readonly Line[];
  readonly zones: readonly Zone[];
}

/** Lines and zones of a geometry file; other fields are ignored. Rejects with an AppError that names file and place. */
export async function readGeometry(path: string): Promise<Geometry> {
  try {
    const geometry = parse(geometrySchema, JSON.parse(await readText(path)), 'geometry.out-of-range');
    if (geometry.lines.length + geometry.zones.length === 0) {
      throw new AppError('input.invalid', 'has neither lines nor zones');
    }
    const named = <T extends { id: string }>(shape: T): T & { name: string } => ({ ...shape, name: shape.id });
    return { lines: geometry.lines.map(named), zones: geometry.zones.map(named) };
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
