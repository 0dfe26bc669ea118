import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { explanationOf } from './queries/explanation.ts';

const T = Date.parse('2026-11-22T10:00:00Z');
let world: TestProjector;

beforeAll(async () => {
  world = await openTestProjector(T);
});
afterAll(() => world.close());

async function verdictOf(factId: string, wanted: string): Promise<void> {
  await vi.waitFor(
    async () => {
      expect((await explanationOf(world.database, factId))?.verdict).toBe(wanted);
    },
    { timeout: 15_000, interval: 50 },
  );
}

it('explains what counted, what was fenced off, and what still waits for its lease', async () => {
  const lease = newLease('hall');
  await publish(world.bus, leaseStarted(lease, T));
  const counted = lineCrossed(lease, 1, T + 1_000);
  await publish(world.bus, counted);
  await publish(world.bus, lineCrossed(lease, 2, T - 1_000));
  const unknown = newLease('hall');
  await publish(world.bus, lineCrossed(unknown, 1, T + 2_000));

  await verdictOf(`hall.${lease.leaseId}.1`, 'counted');
  await verdictOf(`hall.${lease.leaseId}.2`, 'rejected');
  await verdictOf(`hall.${unknown.leaseId}.1`, 'held');
  expect(await explanationOf(world.database, `hall.${lease.leaseId}.1`)).toMatchObject({
    ...{ camera: 'hall', line: counted.line, track: counted.track, direction: counted.direction },
    ...{ crossedAtMs: T + 1_000, path: counted.path, model: counted.model },
  });
});

it('knows nothing of a fact that never was, and says what a fact id looks like', async () => {
  expect(await explanationOf(world.database, `hall.${newLease('hall').leaseId}.1`)).toBeNull();
  for (const wrong of ['', 'hall', 'hall.7', 'hall.xyz.1', `hall.${newLease('hall').leaseId}.one`])
    await expect(explanationOf(world.database, wrong)).rejects.toMatchObject({ code: 'input.invalid' });
});
