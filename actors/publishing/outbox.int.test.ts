import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished, vi } from 'vitest';
import { decode } from '#protocol/codec.ts';
import type { AppError } from '#protocol/errors.ts';
import { factSchema, type Fact } from '#protocol/facts.ts';
import { watermarkKey, watermarkSchema } from '#protocol/leases.ts';
import { buckets, streams } from '#protocol/streams.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { ensureStreams } from '#ops/runtime/bus.streams.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestNats, type TestNats } from '#ops/testkit/nats.ts';
import { openOutbox, type FactLease, type Outbox, type UndecidedFact } from './outbox.ts';

let nats: TestNats;
let bus: Bus;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'footfall-outbox-'));
  nats = await openTestNats();
  bus = await openBus({
    url: nats.url,
    user: nats.user,
    passwordFile: nats.passwordFile,
    name: 'test',
    log: silentLog,
  });
  await ensureStreams(bus);
});
afterAll(async () => {
  await bus.close();
  await nats.close();
  rmSync(folder, { recursive: true });
});

function newLease(): FactLease {
  return { camera: 'cam-1', worker: 'w-1', leaseId: randomBytes(12).toString('hex'), epoch: 1 };
}

function crossing(track: number): UndecidedFact {
  return {
    type: 'LineCrossed',
    camera: 'cam-1',
    run: 1,
    track,
    line: 'door',
    direction: 'in',
    crossedAtMs: 1_000 * track,
    confidence: 0.9,
    detections: 10,
    boxHeightFrac: 0.3,
    path: [[0.5, 0.4]],
    processingMs: 12,
    model: 'test',
    cameraRevision: 1,
  };
}

async function open(
  file: string,
  more: { settleLimitMs?: number; onTrouble?: (error: AppError | null) => void } = {},
): Promise<Outbox> {
  const outbox = await openOutbox({ file, worker: 'w-1', bus, log: silentLog, clock: new SlewedClock(), ...more });
  return outbox;
}

/** Everything the stream holds for a lease, as it comes. */
function received(lease: FactLease): Fact[] {
  const facts: Fact[] = [];
  const consumer = bus.consume({
    stream: streams.facts.name,
    durable: `test-${lease.leaseId}`,
    onBatch: (batch) => {
      const all = batch.map(({ data }) => decode(factSchema, data));
      facts.push(...all.filter(({ leaseId }) => leaseId === lease.leaseId));
      return Promise.resolve();
    },
  });
  onTestFinished(() => {
    consumer.close();
  });
  return facts;
}

describe('the outbox', () => {
  it('publishes in order, LeaseStarted first, and forgets what the watermark settles', async () => {
    const lease = newLease();
    const outbox = await open(join(folder, 'order.sqlite'));
    await outbox.startLease(lease, 500);
    const accepted = await Promise.all(Array.from({ length: 200 }, (_, i) => outbox.append(lease, crossing(i))));
    expect(accepted.map(({ n }) => n)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    const facts = received(lease);
    await vi.waitFor(() => {
      expect(facts.map(({ n }) => n)).toEqual(Array.from({ length: 201 }, (_, i) => i));
    });
    const watermarks = await bus.bucket(buckets.watermarks, watermarkSchema);
    await watermarks.put(watermarkKey(lease), { worker: lease.worker, leaseId: lease.leaseId, n: 150, started: true });
    await vi.waitFor(async () => {
      expect(await outbox.unsettled()).toBe(50);
    });
    await outbox.close();
  });

  it('loses nothing when the server is killed hard in the middle of publishing', async () => {
    const lease = newLease();
    const outbox = await open(join(folder, 'killed.sqlite'));
    const facts = received(lease);
    const appending = (async () => {
      for (let i = 0; i < 40; i += 1) {
        await Promise.all(Array.from({ length: 25 }, (_, k) => outbox.append(lease, crossing(25 * i + k))));
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    })();
    await vi.waitFor(() => {
      expect(facts.length).toBeGreaterThan(50);
    });
    await nats.kill();
    await new Promise((resolve) => setTimeout(resolve, 300));
    await nats.start();
    await appending;
    await vi.waitFor(
      () => {
        expect(new Set(facts.map(({ n }) => n)).size).toBe(1_000);
      },
      { timeout: 20_000 },
    );
    await outbox.close();
  });

  it('publishes after a restart what the process before left unsettled', async () => {
    const lease = newLease();
    const file = join(folder, 'restart.sqlite');
    await nats.stop();
    await vi.waitFor(() => {
      expect(bus.connected).toBe(false);
    });
    const before = await open(file);
    for (let i = 0; i < 5; i += 1) await before.append(lease, crossing(i));
    await before.close();
    const after = await open(file);
    await nats.start();
    const facts = received(lease);
    await vi.waitFor(
      () => {
        expect(facts.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
      },
      { timeout: 15_000 },
    );
    await after.close();
  });

  it('publishes again what a broker acknowledged and then lost', async () => {
    const lease = newLease();
    const outbox = await open(join(folder, 'lost.sqlite'), { settleLimitMs: 300 });
    await outbox.startLease(lease, 500);
    await outbox.append(lease, crossing(1));
    await nats.stop();
    nats.wipeStore();
    await nats.start();
    const facts = received(lease);
    await vi.waitFor(
      () => {
        expect(facts.map(({ n }) => n).toSorted()).toEqual([0, 1]);
      },
      { timeout: 15_000 },
    );
    await outbox.close();
  });

  it('refuses a fact that would not validate, and takes the next', async () => {
    const lease = newLease();
    const outbox = await open(join(folder, 'invalid.sqlite'));
    await expect(outbox.append(lease, { ...crossing(1), confidence: 7 } as UndecidedFact)).rejects.toMatchObject({
      code: 'message.invalid',
    });
    expect((await outbox.append(lease, crossing(2))).n).toBe(1);
    await outbox.close();
  });
});

describe.skipIf(process.getuid?.() !== 0)('the outbox on a full disk (needs root for a small file system)', () => {
  it('refuses with disk.full, reports it, keeps what it took, and goes on when there is space', async () => {
    const disk = mkdtempSync(join(tmpdir(), 'footfall-full-'));
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    onTestFinished(() => {
      execFileSync('umount', [disk]);
      rmSync(disk, { recursive: true });
    });
    const lease = newLease();
    const troubles: (string | null)[] = [];
    const outbox = await open(join(disk, 'outbox.sqlite'), {
      onTrouble: (error) => troubles.push(error?.code ?? null),
    });
    await outbox.append(lease, crossing(1));
    writeFill(join(disk, 'ballast'));
    let taken = 1;
    let refusal: unknown = null;
    for (let i = 2; refusal === null && i < 2_000; i += 1) {
      await outbox.append(lease, crossing(i)).then(
        () => (taken = i),
        (error: unknown) => (refusal = error),
      );
    }
    expect(refusal).toMatchObject({ code: 'disk.full' });
    expect(troubles).toEqual(['disk.full']);
    rmSync(join(disk, 'ballast'));
    const next = await outbox.append(lease, crossing(taken + 1));
    expect(next.n).toBe(taken + 1);
    expect(troubles).toEqual(['disk.full', null]);
    const facts = received(lease);
    await vi.waitFor(
      () => {
        expect(new Set(facts.map(({ n }) => n)).size).toBe(taken + 1);
      },
      { timeout: 10_000 },
    );
    await outbox.close();
  });
});

/** Leaves no block free. */
function writeFill(file: string): void {
  for (let size = 1024 * 1024; size >= 4096; size /= 2) {
    for (;;) {
      try {
        writeFileSync(file, new Uint8Array(size), { flag: 'a' });
      } catch {
        break;
      }
    }
  }
}
