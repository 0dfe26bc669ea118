import { expect, test } from 'vitest';
import { measureCapacity } from './capacity.ts';
import type { DetectorPool } from './detector.port.ts';

/** Two threads; each picture takes as long as the next entry says, the last one for ever after. */
function poolOf(tookMs: number[]): DetectorPool {
  const pool: Partial<DetectorPool> = {
    load: () => Promise.resolve({ name: 'm@1', format: 'yolox', shape: { widthPx: 8, heightPx: 8, fit: 'letterbox' } }),
    detect: async (_camera, _model, { rgb }) => {
      expect(rgb).toHaveLength(8 * 8 * 3);
      await new Promise((resolve) => setTimeout(resolve, tookMs.length > 1 ? tookMs.shift() : tookMs[0]));
      return null;
    },
    stats: () => ({ threads: 2, costMs: null, capacityFps: null, waiting: 0, replaced: 0, restarts: 0 }),
  };
  return pool as DetectorPool;
}

test('what is slow only at first does not count', async () => {
  const capacity = await measureCapacity(poolOf([200, 200, 20]));
  expect(capacity).toBeGreaterThan(30);
  expect(capacity).toBeLessThanOrEqual(56);
});
