import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Workers } from './workers.ts';

const log = pino({ level: 'silent' });

class FakeWorker {
  readonly slot: number;
  readonly died: Promise<Error>;
  viewers = 0;
  hasRoom = true;
  isClosed = false;
  readonly #death = Promise.withResolvers<Error>();

  constructor(slot: number) {
    this.slot = slot;
    this.died = this.#death.promise;
  }

  die(): void {
    this.#death.resolve(new Error('killed'));
  }

  close(): Promise<void> {
    this.isClosed = true;
    return Promise.resolve();
  }
}

/** `refusals`: slots that cannot be started. */
async function start(
  count: number,
  refusals: Set<number>,
): Promise<{ workers: Workers<FakeWorker>; all: FakeWorker[] }> {
  const all: FakeWorker[] = [];
  const workers = await Workers.start({
    count,
    log,
    start: (slot) => {
      if (refusals.has(slot)) return Promise.reject(new Error('no such program'));
      all.push(new FakeWorker(slot));
      return Promise.resolve(all.at(-1) as FakeWorker);
    },
  });
  return { workers, all };
}

describe('Workers', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('places on the one with the fewest viewers that has room, and refuses when none has', async () => {
    const { workers, all } = await start(3, new Set());
    const [one, two, three] = all as [FakeWorker, FakeWorker, FakeWorker];
    one.viewers = 2;
    two.viewers = 1;
    three.hasRoom = false;
    expect(workers.leastLoaded()).toBe(two);
    one.hasRoom = false;
    two.hasRoom = false;
    expect(() => workers.leastLoaded()).toThrow(expect.objectContaining({ code: 'relay.viewer-limit' }) as Error);
  });

  it('replaces one that died within a second, in its own slot, and leaves the others alone', async () => {
    const { workers, all } = await start(2, new Set());
    all[0]?.die();
    await vi.advanceTimersByTimeAsync(0);
    expect(workers.leastLoaded()).toBe(all[1]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(all.map(({ slot }) => slot)).toEqual([0, 1, 0]);
    (all[1] as FakeWorker).viewers = 1;
    expect(workers.leastLoaded()).toBe(all[2]);
    expect(all[1]?.isClosed).toBe(false);
  });

  it('goes on trying while another runs, and is dead as a whole once none runs and none can be started', async () => {
    const refusals = new Set<number>();
    const { workers, all } = await start(2, refusals);
    let dead: Error | null = null;
    void workers.died.then((error) => {
      dead = error;
    });
    refusals.add(0).add(1);
    all[0]?.die();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(dead).toBeNull();
    all[1]?.die();
    await vi.advanceTimersByTimeAsync(0);
    expect(() => workers.leastLoaded()).toThrow(expect.objectContaining({ code: 'relay.unavailable' }) as Error);
    await vi.advanceTimersByTimeAsync(20_000);
    expect(dead).toBeInstanceOf(Error);
  });

  it('rejects when one of them cannot be started, and closes the others', async () => {
    const all: FakeWorker[] = [];
    const starting = Workers.start({
      count: 2,
      log,
      start: (slot) => {
        if (slot === 1) return Promise.reject(new Error('the port is taken'));
        all.push(new FakeWorker(slot));
        return Promise.resolve(all.at(-1) as FakeWorker);
      },
    });
    await expect(starting).rejects.toThrow('the port is taken');
    expect(all.map(({ isClosed }) => isClosed)).toEqual([true]);
  });

  it('starts none after close()', async () => {
    const { workers, all } = await start(1, new Set());
    all[0]?.die();
    await workers.close();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(all).toHaveLength(1);
  });
});
