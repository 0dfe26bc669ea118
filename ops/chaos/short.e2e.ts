import { randomInt } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readEnv } from '#ops/runtime/env.ts';
import { faultsOf, runChaos } from './chaos.ts';
import { SHORT_FAULTS } from './faults/list.ts';

/** Of those who passed in plain view; the detector's own error is a part of it. */
const MOST_MISSED_FRAC = 0.1;
const LIMIT_MS = 480_000;

/**
 * Five kinds of fault on a whole installation with three NATS servers, in an order and at instants nobody has tried before.
 * What fails here is run again with `bench chaos --short --cameras 2 --seed N`.
 */
test(
  'whatever dies, every decided fact is stored once and under the lease that owned its instant',
  async () => {
    const seed = randomInt(1, 2 ** 31);
    const result = await runChaos({
      seed,
      faults: SHORT_FAULTS,
      forMs: null,
      cameras: 2,
      cacheDir: join(readEnv().cacheDir, 'bench-cameras'),
    });
    const evidence = JSON.stringify(result, null, 1);
    process.stderr.write(
      `chaos with seed ${String(seed)}: ${String(result.byFault.length)} faults, ${String(result.decided)} facts decided, ` +
        `${String(result.inView - result.missedInView.length)} of ${String(result.inView)} in view counted\n`,
    );
    expect(result.byFault.length, evidence).toBeGreaterThanOrEqual(5);
    expect(result.decided, evidence).toBeGreaterThan(0);
    expect(faultsOf(result, MOST_MISSED_FRAC), evidence).toEqual([]);
  },
  LIMIT_MS,
);
