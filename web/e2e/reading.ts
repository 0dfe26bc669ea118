import type { Page } from 'playwright-core';
import type { BoxesMessage, CountsMessage } from '#protocol/live.ts';
import { countsMessageSchema, boxesMessageSchema } from '#protocol/live.ts';
import type { Box, Direction } from '#protocol/geometry.ts';
import { iou } from '#protocol/geometry.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import { openDatabase } from '#db/database.ts';
import { countsOf, recentCrossings, type Crossing } from '#db/queries/counts.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { silentLog } from '#ops/testkit/log.ts';
import type { Product } from '#ops/testkit/product.ts';

/** One camera's crossings since the baseline, wherever they are read from. */
export interface Totals {
  readonly in: number;
  readonly out: number;
}

export function totalsOf(counts: Pick<CountsMessage, 'lines'> | null): Totals {
  const lines = counts?.lines ?? [];
  return { in: lines.reduce((sum, line) => sum + line.in, 0), out: lines.reduce((sum, line) => sum + line.out, 0) };
}

export async function totalsOnPage(page: Page, camera: string): Promise<Totals> {
  const read = async (direction: string): Promise<number> => {
    const text = await page.getByTestId(`${direction}-${camera}`).first().innerText();
    return Number(text.replace(/\D/g, ''));
  };
  return { in: await read('in'), out: await read('out') };
}

export async function totalsInBucket(bus: Bus, camera: string): Promise<Totals> {
  const bucket = await bus.bucket(buckets.counts, countsMessageSchema);
  return totalsOf((await bucket.get(camera))?.value ?? null);
}

export async function totalsInDatabase(product: Product, camera: string): Promise<Totals> {
  return withDatabase(product, async (database) => totalsOf(await countsOf(database, camera)));
}

export async function storedCrossings(product: Product, camera: string): Promise<Crossing[]> {
  return withDatabase(product, (database) => recentCrossings(database, camera, 10_000));
}

/** Runs that crossings of more than one lease claim to be of: a number that was used twice. */
export async function runsUsedTwice(product: Product): Promise<unknown[]> {
  const sql = 'select camera, run from counting_results group by camera, run having count(distinct lease_id) > 1';
  return withDatabase(product, (database) => database.read((em) => em.execute<unknown[]>(sql)));
}

async function withDatabase<T>(
  product: Product,
  work: (database: Awaited<ReturnType<typeof openDatabase>>) => Promise<T>,
): Promise<T> {
  const database = await openDatabase(product.databaseUrl(), silentLog);
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

interface Instant {
  readonly atMs: number;
  readonly direction: Direction;
}

/** How far a stored crossing may lie from the true instant. */
const INSTANT_TOLERANCE_MS = 700;

/**
 * Pairs stored with true crossings of the same direction and instant, each once; oldest first with the earliest that fits,
 * which finds a full pairing whenever there is one. Returns what is left over on both sides.
 */
export function compareCrossings<T extends Instant>(
  stored: readonly Instant[],
  truth: readonly T[],
): { invented: Instant[]; missed: T[] } {
  const byTime = (a: Instant, b: Instant): number => a.atMs - b.atMs;
  const missed = truth.toSorted(byTime);
  const invented = stored.toSorted(byTime).filter(({ atMs, direction }) => {
    const match = missed.findIndex(
      (each) => each.direction === direction && Math.abs(each.atMs - atMs) <= INSTANT_TOLERANCE_MS,
    );
    if (match >= 0) missed.splice(match, 1);
    return match < 0;
  });
  return { invented, missed };
}

/** Frames that a page's video has shown. */
export async function framesOnPage(page: Page, camera: string): Promise<number> {
  return page.evaluate((id) => globalThis.window.__footfall?.frames(id) ?? 0, camera);
}

/** Waits until the condition holds; fails with what it last saw. */
export async function eventually<T>(
  what: string,
  read: () => Promise<T>,
  holds: (value: T) => boolean,
  limitMs: number,
): Promise<T> {
  const deadline = performance.now() + limitMs;
  for (;;) {
    const value = await read();
    if (holds(value)) return value;
    if (performance.now() > deadline)
      throw new Error(`${what}: still ${JSON.stringify(value)} after ${String(limitMs / 1000)} s`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** Best overlap of each plainly visible walker with a drawn box, over the boxes messages of some seconds. */
export async function overlapsWithTruth(
  product: Product,
  bus: Bus,
  camera: string,
  seconds: number,
): Promise<number[]> {
  const messages: BoxesMessage[] = [];
  const listening = bus.subscribeLive(subjects.liveBoxes(camera), boxesMessageSchema, (message) =>
    messages.push(message),
  );
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  listening.close();
  const overlaps: number[] = [];
  for (const { ticks90k, tracks } of messages.filter((_, index) => index % 5 === 0)) {
    const drawn = tracks.map(({ box: [x1, y1, x2, y2] }): Box => ({ x1, y1, x2, y2 }));
    for (const { box, visibility } of await product.simulator.boxes(camera, ticks90k / 90)) {
      const isPlain = visibility >= 0.8 && box.y2 - box.y1 >= 0.08;
      if (isPlain) overlaps.push(Math.max(0, ...drawn.map((other) => iou(box, other))));
    }
  }
  return overlaps;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
