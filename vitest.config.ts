import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

const outside = ['**/node_modules/**', '**/.footfall/**', '**/build/**', '**/.svelte-kit/**'];

export default defineConfig({
  test: {
    // Integration tests wait for real servers more than they compute: more files at once than cores.
    maxWorkers: Math.max(4, availableParallelism() - 1),
    projects: [
      {
        test: {
          name: 'unit',
          include: ['{protocol,media,actors,db,web,ops}/**/*.test.ts'],
          exclude: [...outside, '**/*.int.test.ts'],
          environment: 'node',
          // Pure code leaves nothing behind: no fresh world for each file, which halves the time.
          isolate: false,
          // A limit against hanging, far above what any takes on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['{protocol,media,actors,db,web,ops}/**/*.int.test.ts'],
          exclude: outside,
          environment: 'node',
          setupFiles: ['ops/testkit/patience.setup.ts'],
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['{web/e2e,ops/chaos}/**/*.e2e.ts'],
          globalSetup: ['web/e2e/scenes.setup.ts'],
          exclude: outside,
          environment: 'node',
          // After all others, and two at once: each file watches a whole product, mostly waiting for people to walk.
          sequence: { groupOrder: 1 },
          maxWorkers: 2,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
