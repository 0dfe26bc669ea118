import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { DecodeThreads, type DecodeSeat } from './decode-threads.ts';
import type { ThreadRequest } from './decoder-messages.ts';

interface FakeThread {
  readonly requests: ThreadRequest[];
  isEnded: boolean;
  /** It takes everything off its port. */
  take(): void;
  die(): void;
}

let started: FakeThread[];
let lost: string[];

beforeEach(() => {
  vi.useFakeTimers();
  [started, lost] = [[], []];
});

afterEach(() => {
  vi.useRealTimers();
});

function threads(most: number): DecodeThreads {
  return new DecodeThreads(most, ({ taken }, { onExit }) => {
    const thread: FakeThread = {
      requests: [],
      isEnded: false,
      take: () => {
        taken[0] = thread.requests.length;
      },
      die: onExit,
    };
    started.push(thread);
    return {
      postMessage: (request: ThreadRequest) => void thread.requests.push(request),
      terminate: () => {
        thread.isEnded = true;
      },
    };
  });
}

function seat(pool: DecodeThreads, camera: string): DecodeSeat {
  return pool.seat({ onReply: () => undefined, onLost: (why) => void lost.push(`${camera}: ${why}`) });
}

function ask(...seats: DecodeSeat[]): void {
  for (const { send, channel } of seats) send({ kind: 'frame-taken', channel });
}

test('a new camera goes to the thread with the fewest, and threads are not more than allowed', () => {
  const pool = threads(2);
  const seats = ['a', 'b', 'c', 'd'].map((camera) => seat(pool, camera));
  expect(pool.stats()).toEqual([{ cameras: 2 }, { cameras: 2 }]);
  seats[0]?.leave();
  seat(pool, 'e');
  expect(pool.stats()).toEqual([{ cameras: 2 }, { cameras: 2 }]);
});

test('a thread is asked to leave with its last camera, and ended when it does not', () => {
  const pool = threads(1);
  const [a, b] = [seat(pool, 'a'), seat(pool, 'b')];
  a.leave();
  expect(started[0]?.requests).toEqual([]);
  b.leave();
  b.leave();
  expect(started[0]?.requests).toEqual([{ kind: 'leave' }]);
  vi.advanceTimersByTime(2000);
  expect(started[0]?.isEnded).toBe(true);
  expect(pool.stats()).toEqual([]);
});

test('threads that are kept start at once, take the first cameras and stay without them', () => {
  const pool = threads(3);
  expect(pool.keep(2)).toBe(2);
  expect(started).toHaveLength(2);
  const [a, b] = [seat(pool, 'a'), seat(pool, 'b')];
  expect(pool.stats()).toEqual([{ cameras: 1 }, { cameras: 1 }]);
  a.leave();
  b.leave();
  expect(started.map(({ requests }) => requests)).toEqual([[], []]);
  expect(pool.stats()).toEqual([{ cameras: 0 }, { cameras: 0 }]);
  expect(threads(1).keep(2)).toBe(1);
});

test('a thread that takes nothing for 5 s is ended, and its cameras alone are told', () => {
  const pool = threads(2);
  const [a, b, c] = [seat(pool, 'a'), seat(pool, 'b'), seat(pool, 'c')];
  ask(a, b, c);
  for (const thread of started) thread.take();
  vi.advanceTimersByTime(20_000);
  expect(lost).toEqual([]);
  ask(a, b, c);
  started[1]?.take();
  vi.advanceTimersByTime(7000);
  expect(lost).toEqual(['a: it did nothing for 5 s', 'c: it did nothing for 5 s']);
  expect(started.map(({ isEnded }) => isEnded)).toEqual([true, false]);
  seat(pool, 'a');
  expect(started).toHaveLength(3);
});

test('a thread has half a minute to start', () => {
  ask(seat(threads(1), 'a'));
  vi.advanceTimersByTime(29_000);
  expect(lost).toEqual([]);
  vi.advanceTimersByTime(3000);
  expect(lost).toHaveLength(1);
});

test('what is sent to a thread that died is dropped, and its death is told once', () => {
  const a = seat(threads(1), 'a');
  started[0]?.die();
  started[0]?.die();
  ask(a);
  expect(started[0]?.requests).toEqual([]);
  expect(lost).toEqual(['a: it ended by itself']);
});
