import { expect, test } from 'vitest';
import { republishAfterMs } from './fact-publisher.ts';

test('an unsettled fact is repeated after 30 s, then ever more slowly, at least every ten minutes', () => {
  expect([1, 2, 3, 5, 6, 60].map((sent) => republishAfterMs(sent))).toEqual([
    30_000, 60_000, 120_000, 480_000, 600_000, 600_000,
  ]);
});
