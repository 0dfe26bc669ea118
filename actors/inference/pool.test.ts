import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import type { DetectorPool } from './detector.port.ts';
import { openDetectorPool } from './pool.ts';
import type { ThreadEvents } from './thread.ts';
import type { ThreadRequest } from './thread-messages.ts';

const MODEL = '/models/shop.onnx';
const CARD = { name: 'shop@12345678', format: 'yolox', shape: { widthPx: 8, heightPx: 8, fit: 'letterbox' } } as const;

/** A thread in the test's hands: it says nothing until the test does. */
interface FakeThread {
  readonly events: ThreadEvents;
  readonly requests: ThreadRequest[];
  /** Was asked to leave. */
  isLeaving: boolean;
  /** It does. */
  go(): void;
}

let threads: FakeThread[];
let pool: DetectorPool;

beforeEach(() => {
  vi.useFakeTimers();
  threads = [];
});

afterEach(async () => {
  const closed = pool.close();
  for (const { go } of threads) go();
  await closed;
  vi.useRealTimers();
});

function open(count: number): void {
  pool = openDetectorPool({
    threads: count,
    startThread: (events) => {
      const thread: FakeThread = { events, requests: [], isLeaving: false, go: () => undefined };
      threads.push(thread);
      return {
        postMessage: (request) => void thread.requests.push(request),
        leave: () => {
          thread.isLeaving = true;
          return new Promise((resolve) => {
            thread.go = resolve;
          });
        },
      };
    },
  });
}

async function openLoaded(count: number, warmUpMs = 20): Promise<void> {
  open(count);
  const loaded = pool.load(MODEL);
  await vi.advanceTimersByTimeAsync(0);
  thread(0).events.onMessage({ kind: 'ready' });
  thread(0).events.onMessage({ kind: 'loaded', card: CARD, warmUpMs });
  await loaded;
}

function thread(i: number): FakeThread {
  const found = threads[i];
  if (found === undefined) throw new Error(`thread ${String(i)} was not started`);
  return found;
}

/** The frame's time tells frames apart. */
function frame(ticks90k: number): AnalysisFrame {
  const letterbox = { scaledWidthPx: 8, scaledHeightPx: 8, offsetXPx: 0, offsetYPx: 0 };
  return { rgb: new Uint8Array(192), widthPx: 8, heightPx: 8, letterbox, ticks90k, receivedAtMs: 0 };
}

function asked(i: number): number[] {
  return thread(i).requests.flatMap((request) => (request.kind === 'detect' ? [request.frame.ticks90k] : []));
}

async function answer(i: number): Promise<void> {
  const inference = { detections: [], model: CARD.name, inferenceMs: 20 };
  thread(i).events.onMessage({ kind: 'detected', inference });
  await vi.advanceTimersByTimeAsync(0);
}

test('loading twice at once asks a thread once', async () => {
  open(2);
  const both = Promise.all([pool.load(MODEL), pool.load(MODEL)]);
  await vi.advanceTimersByTimeAsync(0);
  thread(0).events.onMessage({ kind: 'loaded', card: CARD, warmUpMs: 20 });
  expect(await both).toEqual([CARD, CARD]);
  expect(thread(0).requests).toEqual([{ kind: 'load', path: MODEL }]);
});

test('a refused model rejects with the reason and may be tried again', async () => {
  open(1);
  const refused = pool.load(MODEL);
  const expectation = expect(refused).rejects.toMatchObject({ code: 'model.unreadable', message: 'torn' });
  await vi.advanceTimersByTimeAsync(0);
  thread(0).events.onMessage({ kind: 'failed', code: 'model.unreadable', message: 'torn', context: {} });
  await expectation;
  const second = pool.load(MODEL);
  await vi.advanceTimersByTimeAsync(0);
  thread(0).events.onMessage({ kind: 'loaded', card: CARD, warmUpMs: 20 });
  await expect(second).resolves.toEqual(CARD);
});

test('a frame before its model was loaded is refused', async () => {
  open(1);
  await expect(pool.detect('cam-1', MODEL, frame(1))).rejects.toThrow('was not loaded');
});

test('while a frame waits the newer replaces it and the older resolves to null', async () => {
  await openLoaded(1);
  const running = pool.detect('cam-1', MODEL, frame(1));
  const older = pool.detect('cam-1', MODEL, frame(2));
  const newer = pool.detect('cam-1', MODEL, frame(3));
  await expect(older).resolves.toBeNull();
  expect(pool.stats()).toMatchObject({ waiting: 1, replaced: 1 });
  await answer(0);
  await answer(0);
  expect(await running).toMatchObject({ model: CARD.name });
  expect(await newer).toMatchObject({ model: CARD.name });
  expect(asked(0)).toEqual([1, 3]);
});

test('frames of two cameras are worked on by two threads at once', async () => {
  await openLoaded(2);
  const both = Promise.all([pool.detect('cam-1', MODEL, frame(1)), pool.detect('cam-2', MODEL, frame(2))]);
  await vi.advanceTimersByTimeAsync(0);
  expect([asked(0), asked(1)]).toEqual([[1], [2]]);
  await answer(0);
  await answer(1);
  expect((await both).every((inference) => inference !== null)).toBe(true);
});

test('a thread that does not answer in 2 s is replaced and its frame fails', async () => {
  await openLoaded(1);
  const failed = expect(pool.detect('cam-1', MODEL, frame(1))).rejects.toMatchObject({ code: 'inference.failed' });
  await vi.advanceTimersByTimeAsync(1999);
  expect(thread(0).isLeaving).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await failed;
  expect(thread(0).isLeaving).toBe(true);
  expect(pool.stats().restarts).toBe(1);
  const next = pool.detect('cam-1', MODEL, frame(2));
  thread(1).events.onMessage({ kind: 'ready' });
  await answer(1);
  await expect(next).resolves.toMatchObject({ model: CARD.name });
});

test('a slow model has five warm-ups to answer', async () => {
  await openLoaded(1, 1000);
  const failed = expect(pool.detect('cam-1', MODEL, frame(1))).rejects.toMatchObject({ code: 'inference.failed' });
  await vi.advanceTimersByTimeAsync(4999);
  expect(thread(0).isLeaving).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  await failed;
});

test('a thread that must load the model first gets the time for it', async () => {
  await openLoaded(1);
  const late = pool.detect('cam-1', MODEL, frame(1));
  thread(0).events.onMessage({ kind: 'loading' });
  await vi.advanceTimersByTimeAsync(30_000);
  await answer(0);
  await expect(late).resolves.toMatchObject({ model: CARD.name });
});

test('a thread that dies fails its frame only and the waiting one goes to its successor', async () => {
  await openLoaded(1);
  const lost = expect(pool.detect('cam-1', MODEL, frame(1))).rejects.toMatchObject({ code: 'inference.failed' });
  const waiting = pool.detect('cam-2', MODEL, frame(2));
  thread(0).events.onDeath(new Error('out of memory'));
  thread(0).events.onDeath(null);
  await lost;
  await vi.advanceTimersByTimeAsync(0);
  expect(pool.stats().restarts).toBe(1);
  expect(asked(1)).toEqual([2]);
  await answer(1);
  await expect(waiting).resolves.toMatchObject({ model: CARD.name });
});

test('a thread that never got ready is not started again before there is work', async () => {
  open(1);
  const failed = expect(pool.load(MODEL)).rejects.toMatchObject({ code: 'inference.failed' });
  await vi.advanceTimersByTimeAsync(0);
  thread(0).events.onDeath(new Error('no such library'));
  await failed;
  expect(threads).toHaveLength(1);
});

test('a place that left two hung threads behind takes no work until one is gone', async () => {
  await openLoaded(1);
  for (const i of [0, 1]) {
    const failed = expect(pool.detect('cam-1', MODEL, frame(1))).rejects.toThrow('gave no answer');
    await vi.advanceTimersByTimeAsync(0);
    thread(i).events.onMessage({ kind: 'ready' });
    await vi.advanceTimersByTimeAsync(2000);
    await failed;
  }
  await expect(pool.detect('cam-1', MODEL, frame(2))).rejects.toThrow('2 inference threads hang');
  expect(threads).toHaveLength(2);
  thread(0).go();
  await vi.advanceTimersByTimeAsync(0);
  const next = pool.detect('cam-1', MODEL, frame(3));
  thread(2).events.onMessage({ kind: 'ready' });
  await answer(2);
  await expect(next).resolves.toMatchObject({ model: CARD.name });
});

test('closing rejects what waits and ends when the threads are gone', async () => {
  await openLoaded(1);
  const rejected = Promise.all(
    [pool.detect('cam-1', MODEL, frame(1)), pool.detect('cam-2', MODEL, frame(2))].map((work) =>
      expect(work).rejects.toMatchObject({ code: 'aborted' }),
    ),
  );
  await vi.advanceTimersByTimeAsync(0);
  let isClosed = false;
  const closed = pool.close().then(() => (isClosed = true));
  await rejected;
  expect(thread(0).isLeaving).toBe(true);
  expect(isClosed).toBe(false);
  thread(0).go();
  await closed;
  await expect(pool.load(MODEL)).rejects.toMatchObject({ code: 'aborted' });
});

test('closing does not wait for a thread that hangs', async () => {
  await openLoaded(1);
  pool.detect('cam-1', MODEL, frame(1)).catch(() => undefined);
  await vi.advanceTimersByTimeAsync(0);
  const closed = pool.close();
  await vi.advanceTimersByTimeAsync(5000);
  await expect(closed).resolves.toBeUndefined();
});
