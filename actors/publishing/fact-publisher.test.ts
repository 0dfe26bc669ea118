import { expect, test } from 'vitest';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { FactPublisher, republishAfterMs } from './fact-publisher.ts';
import type { StoreThread } from './store-thread.ts';

test('an unsettled fact is repeated after 30 s, then ever more slowly, at least every ten minutes', () => {
  expect([1, 2, 3, 5, 6, 60].map((sent) => republishAfterMs(sent))).toEqual([
    30_000, 60_000, 120_000, 480_000, 600_000, 600_000,
  ]);
});

test('after a lost connection no fact waits longer than the first limit: the server may have lost what it had', async () => {
  const calls: unknown[][] = [];
  const store = {
    call: (...call: unknown[]) => {
      calls.push(call);
      return Promise.resolve([]);
    },
  } as unknown as StoreThread;
  let tell: (connected: boolean) => void = () => undefined;
  const bus = {
    connected: true,
    onConnection: (listener: typeof tell) => {
      tell = listener;
      return { close: () => undefined };
    },
  } as unknown as Bus;
  const clock = { monotonicMs: () => 1_000, epochMs: () => 0 };
  const publisher = new FactPublisher({ bus, log: silentLog, clock }, store);
  tell(false);
  tell(true);
  await publisher.close();
  expect(calls).toContainEqual(['hasten', 31_000]);
});
