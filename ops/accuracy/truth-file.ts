import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { directionSchema } from '#protocol/geometry.ts';
import type { Direction } from '#protocol/geometry.ts';
import { DEFAULT_TOLERANCE_MS } from '#protocol/truth.ts';
import { countOf } from '#db/accuracy/count-figures.ts';
import type { TrueEvent } from '#db/accuracy/event-matching.ts';
import type { OccupancySample, Visit } from '#db/accuracy/zone-figures.ts';
import { readGeometry } from '../replay/geometry.ts';
import type { Geometry } from '../replay/geometry.ts';

const seconds = v.pipe(v.number(), v.minValue(0, 'must be seconds since the first picture, 0 or more'));
const count = v.pipe(v.number(), v.integer('must be a whole number'), v.minValue(0, 'must be 0 or more'));

const truthSchema = v.object({
  clip: v.pipe(v.string(), v.minLength(1), v.check(isFileName, 'must be the name of a file, without folders')),
  sha256: v.optional(v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/, 'must be 64 hex digits'))),
  lines: v.optional(
    v.array(
      v.object({
        id: v.string(),
        true: v.optional(v.object({ in: count, out: count })),
        events: v.optional(
          v.array(
            v.object({ t: seconds, dir: directionSchema, t_tolerance_s: v.optional(v.pipe(v.number(), v.gtValue(0))) }),
          ),
        ),
      }),
    ),
    [],
  ),
  zones: v.optional(
    v.array(
      v.object({
        id: v.string(),
        occupancy: v.optional(v.array(v.object({ t: seconds, count, near_border: v.optional(count, 0) }))),
        visits: v.optional(
          v.array(
            v.pipe(
              v.object({ enter: seconds, leave: seconds }),
              v.check(({ enter, leave }) => leave > enter, 'must leave later than enter'),
            ),
          ),
        ),
      }),
    ),
    [],
  ),
});

export interface LineTruth {
  readonly id: string;
  readonly true: Readonly<Record<Direction, number>>;
  /** Times from the clip's first picture; null where the file holds counts only. */
  readonly events: readonly TrueEvent[] | null;
}

/** Either is null where the file does not hold it. */
export interface ZoneTruth {
  readonly id: string;
  readonly visits: readonly Visit[] | null;
  readonly occupancy: readonly OccupancySample[] | null;
}

/** What really happened in one clip, and where its lines and zones lie. */
export interface ClipTruth {
  /** Where this was read. */
  readonly path: string;
  /** File name. */
  readonly clip: string;
  /** Of the clip that was looked at; null when the file does not say. */
  readonly sha256: string | null;
  readonly geometry: Geometry;
  readonly lines: readonly LineTruth[];
  readonly zones: readonly ZoneTruth[];
}

/** Rejects with input.invalid or geometry.out-of-range; the message names file and place and says what to do. */
export async function readTruth(path: string): Promise<ClipTruth> {
  const geometry = await readGeometry(path);
  try {
    const { clip, sha256, lines, zones } = parse(truthSchema, JSON.parse(await readFile(path, 'utf8')));
    refuseTwins('lines', lines);
    refuseTwins('zones', zones);
    const of = { path, clip, sha256: sha256 ?? null, geometry };
    return { ...of, lines: lines.map(lineTruth), zones: zones.map(zoneTruth) };
  } catch (cause) {
    if (!(cause instanceof AppError)) throw cause;
    throw new AppError(cause.code, `truth ${path}: ${cause.message}`, { cause });
  }
}

type LineEntry = v.InferOutput<typeof truthSchema>['lines'][number];

function lineTruth({ id, true: told, events }: LineEntry, index: number): LineTruth {
  const at = `lines.${String(index)} (${id})`;
  const listed = events?.map(({ t, dir, t_tolerance_s }): TrueEvent => {
    const toleranceMs = t_tolerance_s === undefined ? DEFAULT_TOLERANCE_MS : t_tolerance_s * 1000;
    return { atMs: t * 1000, direction: dir, toleranceMs };
  });
  const sums = listed === undefined ? undefined : countOf(listed);
  const known = told ?? sums;
  if (known === undefined) {
    throw new AppError('input.invalid', `${at}: has neither "true" counts nor "events": give at least one of them`);
  }
  if (sums !== undefined && (sums.in !== known.in || sums.out !== known.out)) {
    const [said, held] = [known, sums].map((counts) => `${String(counts.in)} in and ${String(counts.out)} out`);
    throw new AppError('input.invalid', `${at}: "true" says ${said ?? ''}, its events are ${held ?? ''}: correct one`);
  }
  return { id, true: known, events: listed ?? null };
}

type ZoneEntry = v.InferOutput<typeof truthSchema>['zones'][number];

function zoneTruth({ id, visits, occupancy }: ZoneEntry): ZoneTruth {
  return {
    id,
    visits: visits?.map(({ enter, leave }) => ({ fromMs: enter * 1000, toMs: leave * 1000 })) ?? null,
    occupancy:
      occupancy?.map(({ t, count, near_border }) => ({ atMs: t * 1000, people: count, nearBorder: near_border })) ??
      null,
  };
}

function refuseTwins(kind: string, shapes: readonly { readonly id: string }[]): void {
  const twin = shapes.find(({ id }, index) => shapes.findIndex((other) => other.id === id) !== index);
  if (twin === undefined) return;
  throw new AppError('input.invalid', `two ${kind} have the id "${twin.id}": rename one`);
}

function isFileName(name: string): boolean {
  return basename(name) === name && name !== '..';
}
