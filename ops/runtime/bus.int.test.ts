import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import * as v from 'valibot';
import { AppError } from '#protocol/errors.ts';
import { buckets, streams } from '#protocol/streams.ts';
import { openTestNats, type TestNats } from '#ops/testkit/nats.ts';
import { silentLog } from '#ops/testkit/log.ts';
import type { Bus, Closable } from './bus.port.ts';
import { openBus } from './bus.ts';
import { ensureStreams } from './bus.streams.ts';

const text = v.object({ text: v.string() });
const decoder = new TextDecoder();
let nats: TestNats;
let bus: Bus;
const open: Closable[] = [];

beforeAll(async () => {
  nats = await openTestNats();
  bus = await connectBus();
  await ensureStreams(bus);
});
afterEach(() => {
  for (const closable of open.splice(0)) closable.close();
});
afterAll(async () => {
  await bus.close();
  await nats.close();
});

function connectBus(): Promise<Bus> {
  return openBus({ url: nats.url, user: nats.user, passwordFile: nats.passwordFile, name: 'test', log: silentLog });
}

async function code(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

describe('request and reply', () => {
  it('brings back the result, and what the answering side threw as a problem with its code', async () => {
    open.push(
      bus.respond('footfall.cmd.test.echo', text, (message) => {
        if (message.text === 'refuse') throw new AppError('camera.not-found', 'there is no such camera');
        return Promise.resolve(message);
      }),
    );
    await expect(bus.request('footfall.cmd.test.echo', { text: 'hello' }, text, 2_000)).resolves.toEqual({
      text: 'hello',
    });
    expect(await code(bus.request('footfall.cmd.test.echo', { text: 'refuse' }, text, 2_000))).toBe('camera.not-found');
    expect(await code(bus.request('footfall.cmd.test.echo', { text: 7 }, text, 2_000))).toBe('message.invalid');
  });

  it('brings back raw bytes, and a problem instead of bytes', async () => {
    open.push(
      bus.respond('footfall.cmd.test.bytes', text, (message) => {
        if (message.text === '') throw new AppError('camera.no-frames', 'no picture yet');
        return Promise.resolve(new Uint8Array([0xff, 0xd8]));
      }),
    );
    const bytes = await bus.requestBytes('footfall.cmd.test.bytes', { text: 'x' }, 2_000);
    expect([...bytes]).toEqual([0xff, 0xd8]);
    expect(await code(bus.requestBytes('footfall.cmd.test.bytes', { text: '' }, 2_000))).toBe('camera.no-frames');
  });

  it('is bus.unavailable when nobody answers', async () => {
    expect(await code(bus.request('footfall.cmd.test.nobody', {}, text, 2_000))).toBe('bus.unavailable');
  });
});

describe('live messages', () => {
  it('drops what does not validate and delivers the rest', async () => {
    const seen: string[] = [];
    open.push(bus.subscribeLive('footfall.live.test.*', text, (message) => seen.push(message.text)));
    bus.publishLive('footfall.live.test.a', { text: 1 });
    bus.publishLive('footfall.live.test.b', { text: 'good' });
    await vi.waitFor(() => {
      expect(seen).toEqual(['good']);
    });
  });
});

describe('a bucket', () => {
  it('creates once, updates only from the last revision, and creates again after a delete', async () => {
    const bucket = await bus.bucket(buckets.leases, text);
    const first = await bucket.create('cam-1', { text: 'a' });
    expect(first).not.toBeNull();
    expect(await bucket.create('cam-1', { text: 'b' })).toBeNull();
    const second = await bucket.update('cam-1', { text: 'c' }, first ?? 0);
    expect(await bucket.update('cam-1', { text: 'd' }, first ?? 0)).toBeNull();
    expect(await bucket.get('cam-1')).toEqual({ key: 'cam-1', value: { text: 'c' }, revision: second });
    await bucket.delete('cam-1');
    expect((await bucket.get('cam-1'))?.value).toBeNull();
    expect(await bucket.create('cam-1', { text: 'e' })).not.toBeNull();
  });

  it('refuses a key that could smuggle a wildcard', async () => {
    const bucket = await bus.bucket(buckets.leases, text);
    expect(await code(bucket.put('a.*', { text: '' }))).toBe('input.invalid');
  });

  it('keeps watching through kill -9 of the server, and reports keys that a lost store no longer has', async () => {
    const bucket = await bus.bucket(buckets.cameraStates, text);
    await bucket.put('kept', { text: '1' });
    const seen = new Map<string, string | null>();
    let ready = false;
    open.push(
      bucket.watch(
        ({ key, value }) => seen.set(key, value?.text ?? null),
        () => (ready = true),
      ),
    );
    await vi.waitFor(() => {
      expect(ready).toBe(true);
      expect(seen.get('kept')).toBe('1');
    });
    await nats.kill();
    expect(await code(bucket.put('kept', { text: 'lost' }))).toBe('bus.unavailable');
    nats.wipeStore();
    await nats.start();
    await vi.waitFor(
      () => {
        expect(bus.connected).toBe(true);
        expect(seen.get('kept')).toBeNull();
      },
      { timeout: 10_000 },
    );
    await vi.waitFor(() => bucket.put('new', { text: '2' }), { timeout: 10_000 });
    await vi.waitFor(() => {
      expect(seen.get('new')).toBe('2');
    });
  });

  it('follows only the keys under one token when that is asked for', async () => {
    const bucket = await bus.bucket(buckets.watermarks, text);
    await bucket.put('w-1.before', { text: '1' });
    await bucket.put('w-2.before', { text: '2' });
    const seen: string[] = [];
    open.push(bucket.watch(({ key }) => seen.push(key), undefined, 'w-1'));
    await vi.waitFor(() => {
      expect(seen).toEqual(['w-1.before']);
    });
    await bucket.put('w-2.after', { text: '3' });
    await bucket.put('w-1.after', { text: '4' });
    await vi.waitFor(() => {
      expect(seen).toEqual(['w-1.before', 'w-1.after']);
    });
  });

  it('is ready at once when it is empty', async () => {
    const bucket = await bus.bucket(buckets.epochFloors, text);
    await new Promise<void>((resolve) => open.push(bucket.watch(() => undefined, resolve)));
  });
});

describe('a durable consumer', () => {
  it('takes each message in order, tries a refused batch again, and goes on where it was', async () => {
    const seen: string[] = [];
    let refusals = 2;
    const consume = (): Closable =>
      bus.consume({
        stream: streams.facts.name,
        durable: 'order',
        onBatch: (batch) => {
          if (refusals-- > 0) return Promise.reject(new Error('not now'));
          seen.push(...batch.map((message) => decoder.decode(message.data)));
          return Promise.resolve();
        },
      });
    const first = consume();
    for (let n = 1; n <= 5; n += 1) await bus.publishFact('footfall.fact.test.a', `order.${String(n)}`, n);
    await bus.publishFact('footfall.fact.test.a', 'order.5', 5);
    await vi.waitFor(() => {
      expect(seen).toEqual(['1', '2', '3', '4', '5']);
    });
    await new Promise((resolve) => setTimeout(resolve, 100)); // The acks are on their way.
    first.close();
    await bus.publishFact('footfall.fact.test.a', 'order.6', 6);
    open.push(consume());
    await vi.waitFor(() => {
      expect(seen).toEqual(['1', '2', '3', '4', '5', '6']);
    });
  });

  it('keeps what its receiver works on for long, and hands on within seconds what a dead one had in hand', async () => {
    const [living, dying] = [await connectBus(), await connectBus()];
    const [takenByLiving, takenByDying]: [string[], string[]] = [[], []];
    const consume = (by: Bus, taken: string[], takes: Promise<unknown>): Closable =>
      by.consume({
        stream: streams.facts.name,
        durable: 'handed-on',
        onBatch: async (batch) => {
          taken.push(...batch.map((message) => decoder.decode(message.data)));
          if (taken.includes('"hand-1"')) await takes;
        },
      });
    const slow = Promise.withResolvers<undefined>();
    const first = consume(dying, takenByDying, slow.promise);
    await bus.publishFact('footfall.fact.test.c', 'hand.1', 'hand-1');
    await vi.waitFor(() => expect(takenByDying).toContain('"hand-1"'));
    open.push(consume(living, takenByLiving, Promise.resolve()));
    // Longer than a message may stay unacknowledged by one who says nothing.
    await new Promise((resolve) => setTimeout(resolve, 8_000));
    expect(takenByLiving).not.toContain('"hand-1"');
    await dying.close();
    await vi.waitFor(() => expect(takenByLiving).toContain('"hand-1"'), { timeout: 10_000 });
    expect(takenByDying.filter((text) => text === '"hand-1"')).toHaveLength(1);
    slow.resolve(undefined);
    first.close();
    await living.close();
  });

  it('reads a stream that was restored to an older copy from its first message, and skips nothing', async () => {
    const seen: string[] = [];
    await bus.publishFact('footfall.fact.test.b', 'old.1', 'old-1');
    open.push(
      bus.consume({
        stream: streams.facts.name,
        durable: 'rollback',
        onBatch: (batch) => {
          seen.push(...batch.map((message) => JSON.parse(decoder.decode(message.data)) as string));
          return Promise.resolve();
        },
      }),
    );
    await vi.waitFor(() => {
      expect(seen).toContain('old-1');
    });
    await nats.stop();
    nats.saveStore();
    await nats.start();
    await vi.waitFor(() => bus.publishFact('footfall.fact.test.b', 'lost.1', 'lost-1'), { timeout: 10_000 });
    for (let n = 2; n <= 20; n += 1)
      await bus.publishFact('footfall.fact.test.b', `lost.${String(n)}`, `lost-${String(n)}`);
    await vi.waitFor(() => {
      expect(seen).toContain('lost-20');
    });
    await nats.stop();
    nats.restoreStore();
    seen.length = 0;
    await nats.start();
    await vi.waitFor(() => bus.publishFact('footfall.fact.test.b', 'new.1', 'new-1'), { timeout: 10_000 });
    await vi.waitFor(
      () => {
        expect(seen).toContain('old-1');
        expect(seen).toContain('new-1');
        expect(seen).not.toContain('lost-20');
      },
      { timeout: 15_000 },
    );
  });
});

describe('the clock', () => {
  it('is the server time, to within the round trip', async () => {
    const { serverEpochMs, uncertaintyMs } = await bus.measureClock();
    expect(Math.abs(serverEpochMs - Date.now())).toBeLessThan(uncertaintyMs + 50);
  });
});

describe('a server that cannot be reached', () => {
  it('fails what needs an answer at once, drops live messages, and serves again by itself', async () => {
    const other = await connectBus();
    await nats.stop();
    await vi.waitFor(() => {
      expect(other.connected).toBe(false);
    });
    for (let n = 0; n < 1_000; n += 1) other.publishLive('footfall.live.test.x', { n });
    expect(await code(other.publishFact('footfall.fact.test.c', 'c.1', 1))).toBe('bus.unavailable');
    expect(await code(other.request('footfall.cmd.test.echo', {}, text, 100))).toBe('bus.unavailable');
    await nats.start();
    await vi.waitFor(() => other.publishFact('footfall.fact.test.c', 'c.2', 1), { timeout: 10_000 });
    await other.close();
  });

  it('is waited for when it starts after its clients', async () => {
    await nats.stop();
    const waiting = connectBus();
    const early = await Promise.race([waiting, new Promise((resolve) => setTimeout(resolve, 600, 'still waiting'))]);
    expect(early).toBe('still waiting');
    await nats.start();
    const late = await waiting;
    expect(late.connected).toBe(true);
    await ensureStreams(late);
    await late.close();
  });

  it('is waited for while it refuses the login', async () => {
    const wrong = join(dirname(nats.passwordFile), 'wrong-password');
    writeFileSync(wrong, 'nonsense');
    const refused = openBus({ url: nats.url, user: nats.user, passwordFile: wrong, name: 'test', log: silentLog });
    const outcome = await Promise.race([
      refused.then(
        () => 'connected',
        (error: unknown) => (error instanceof AppError ? error.code : String(error)),
      ),
      new Promise((resolve) => setTimeout(resolve, 1_500, 'still waiting')),
    ]);
    expect(outcome).toBe('still waiting');
  });
});
