import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createRandom } from '#media/simulator/random.ts';
import { formatEntry } from './corpus.ts';
import type { FuzzRunner, FuzzTarget, Pieces } from './fuzz-target.ts';
import { mutate } from './mutator.ts';

/** One input that keeps the event loop this long holds up every camera of its process. */
export const STALL_MS = 50;
/** What may stay behind: the target's own bounded buffers (a picture or two of 4 MiB) and the engine's caches. */
export const MAX_HEAP_GROWTH_BYTES = 24 * 2 ** 20;
/** Repetitions of a slow input: what is slow each time is not the machine's doing. */
const RETRIES = 4;

export interface FuzzOptions {
  readonly seed: number;
  readonly inputs: number;
  readonly onProgress?: (done: number) => void;
}

export interface FuzzReport {
  readonly target: string;
  readonly inputs: number;
  /** Of these, how many were refused as declared. */
  readonly refused: number;
  readonly slowestMs: number;
  readonly heapGrowthBytes: number;
  readonly perSecond: number;
  /** Empty: all went well. Each says what went wrong with which input, in the corpus' own form. */
  readonly harms: readonly string[];
}

/** The kept inputs as they are, then mutations of them. The same seed gives the same inputs; it stops at the first harm. */
export function fuzz(target: FuzzTarget, { seed, inputs, onProgress }: FuzzOptions): FuzzReport {
  const run = target.open();
  const kept = [...target.corpus, ...(target.floods ?? [])];
  const harms: string[] = [];
  let done = 0;
  let refused = 0;
  let slowestMs = 0;
  const heapBefore = heapBytes();
  const startedAt = performance.now();
  for (; done < inputs && harms.length === 0; done += 1) {
    const pieces = kept[done] ?? mutate(target, createRandom(`${target.name} ${String(seed)} ${String(done)}`));
    try {
      const { outcome, tookMs } = timed(target, run, pieces);
      if (outcome === 'refused') refused += 1;
      slowestMs = Math.max(slowestMs, tookMs);
      if (tookMs > STALL_MS) harms.push(harm(`held the event loop for ${tookMs.toFixed(0)} ms`, done, pieces));
    } catch (error) {
      const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
      harms.push(harm(what, done, pieces));
    }
    if (done % 10_000 === 0) onProgress?.(done);
  }
  const tookS = (performance.now() - startedAt) / 1000;
  const heapGrowthBytes = heapBytes() - heapBefore;
  if (heapGrowthBytes > MAX_HEAP_GROWTH_BYTES) {
    harms.push(`the heap grew by ${(heapGrowthBytes / 2 ** 20).toFixed(1)} MiB over ${String(done)} inputs`);
  }
  return {
    target: target.name,
    inputs: done,
    refused,
    slowestMs,
    heapGrowthBytes,
    perSecond: Math.round(done / tookS),
    harms,
  };
}

/**
 * Time on the clock, unless that is too long: then the least of a few more runs by this thread's own time, to which
 * neither other work on the machine nor one collection of garbage adds.
 */
function timed(target: FuzzTarget, run: FuzzRunner, pieces: Pieces): { outcome: string; tookMs: number } {
  const startedAt = performance.now();
  const outcome = run(pieces);
  let tookMs = performance.now() - startedAt;
  for (let retry = 0; retry < RETRIES && tookMs > STALL_MS; retry += 1) {
    const again = target.open();
    const before = process.threadCpuUsage();
    again(pieces);
    const { user, system } = process.threadCpuUsage(before);
    tookMs = Math.min(tookMs, (user + system) / 1000);
  }
  return { outcome, tookMs };
}

function harm(what: string, index: number, pieces: Pieces): string {
  return `input ${String(index)}: ${what}\n${formatEntry(pieces)}`;
}

/** What is alive after garbage collection, buffers outside the heap included. */
function heapBytes(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}
