import { openDatabase } from '#db/database.ts';
import {
  CameraEventEntity,
  CountingResultEntity,
  NearMissEntity,
  RejectedMessageEntity,
} from '#db/entities/fact.entity.ts';
import { silentLog } from '#ops/testkit/log.ts';
import type { Product } from '#ops/testkit/product.ts';
import { compareCrossings, storedCrossings } from './reading.ts';

/** How far around an instant one looks for what explains it. */
const AROUND_MS = 15_000;

/** Something that was done to the product. */
export interface Happening {
  readonly atMs: number;
  readonly what: string;
}

/** When nobody could have counted, epoch ms. */
export interface Outage {
  readonly fromMs: number;
  readonly untilMs: number;
}

export function outagesTold(outages: readonly Outage[]): Happening[] {
  return outages.flatMap(({ fromMs, untilMs }) => [
    { atMs: fromMs, what: 'sight lost' },
    { atMs: untilMs, what: 'sight back' },
  ]);
}

/** True crossings of a camera that were not stored, oldest first, each with what the product stored around it. */
export async function missedWithEvidence(product: Product, camera: string): Promise<string> {
  const truth = await product.simulator.crossings(camera);
  const { missed } = compareCrossings(await storedCrossings(product, camera), truth);
  return evidenceOf(product, camera, missed, []);
}

/** What a failed comparison with the truth is printed with: around each instant, what was stored and what was done. */
export async function evidenceOf(
  product: Product,
  camera: string,
  missed: readonly { readonly atMs: number }[],
  happenings: readonly Happening[],
): Promise<string> {
  const texts: string[] = [];
  for (const { atMs } of missed) {
    texts.push(`${camera} missed at ${new Date(atMs).toISOString()}`, ...(await storedAround(product, camera, atMs)));
    texts.push(...happenings.map((each) => `${((each.atMs - atMs) / 1000).toFixed(1)} s: ${each.what}`));
  }
  return texts.length === 0 ? '' : [...texts, ...warningsOf(product)].join('\n');
}

/** The worker's, oldest first. */
function warningsOf(product: Product): string[] {
  return product
    .logOf('worker')
    .split('\n')
    .filter((line) => /"level":"(warn|error)"/.test(line));
}

/**
 * What the product stored around an instant, a line each with its distance in seconds: whom it counted and nearly counted,
 * the camera's states, and the messages it refused.
 */
async function storedAround(product: Product, camera: string, atMs: number): Promise<string[]> {
  const range = { $gte: new Date(atMs - AROUND_MS), $lte: new Date(atMs + AROUND_MS) };
  const database = await openDatabase(product.databaseUrl(), silentLog);
  try {
    const found = await database.read(async (em) => [
      ...(await em.find(CountingResultEntity, { camera, crossedAt: range })).map((row) => ({
        at: row.crossedAt,
        text: `counted ${row.direction}, track ${String(row.run)}/${String(row.track)}`,
      })),
      ...(await em.find(NearMissEntity, { camera, happenedAt: range })).map((row) => ({
        at: row.happenedAt,
        text: `not counted, ${row.reason}, track ${String(row.run)}/${String(row.track)}, ${JSON.stringify(row.path)}`,
      })),
      ...(await em.find(CameraEventEntity, { camera, happenedAt: range })).map((row) => ({
        at: row.happenedAt,
        text: `${row.state}: ${row.reason}`,
      })),
      ...(await em.find(RejectedMessageEntity, { camera, rejectedAt: range })).map((row) => ({
        at: row.rejectedAt,
        text: `refused, ${row.reason}: ${row.detail}`,
      })),
    ]);
    return found
      .toSorted((a, b) => a.at.getTime() - b.at.getTime())
      .map(({ at, text }) => `${((at.getTime() - atMs) / 1000).toFixed(1)} s: ${text}`);
  } finally {
    await database.close();
  }
}
