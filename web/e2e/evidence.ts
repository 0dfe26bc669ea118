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

/** True crossings of a camera that were not stored, oldest first, each with what the product stored around it. */
export async function missedWithEvidence(product: Product, camera: string, sinceMs = 0): Promise<string> {
  const truth = await product.simulator.crossings(camera, sinceMs);
  const { missed } = compareCrossings(await storedCrossings(product, camera), truth);
  const texts: string[] = [];
  for (const { atMs, direction, walkerId } of missed) {
    texts.push(`${camera} missed ${walkerId} going ${direction} at ${new Date(atMs).toISOString()}`);
    texts.push(...(await evidenceAround(product, camera, atMs)));
  }
  return [...texts, ...warningsOf(product)].join('\n');
}

/** The worker's, oldest first. */
export function warningsOf(product: Product): string[] {
  return product
    .logOf('worker')
    .split('\n')
    .filter((line) => /"level":"(warn|error)"/.test(line));
}

/**
 * What the product stored around an instant, a line each with its distance in seconds: whom it counted and nearly counted,
 * the camera's states, and the messages it refused. It is what a failed comparison with the truth is printed with.
 */
export async function evidenceAround(product: Product, camera: string, atMs: number): Promise<string[]> {
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
