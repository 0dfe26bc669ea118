import { expect, it } from 'vitest';
import type { Explanation } from '#protocol/explanation.ts';
import { explanationWords } from './explanation-words.ts';

const LEASE = '0123456789abcdef01234567';
const decided = {
  factId: `hall.${LEASE}.7`,
  camera: 'hall',
  worker: 'w1',
  leaseId: LEASE,
  run: 2,
  track: 31,
  line: 'door',
  model: 'footfall-person@1',
  cameraRevision: 4,
  confidence: 0.812,
  detections: 40,
  boxHeightFrac: 0.3,
  path: [],
};

function words(explanation: Explanation): string {
  return explanationWords(explanation).join(' ');
}

it('says for a counted crossing when, why and who decided', () => {
  const text = words({
    ...{ verdict: 'counted', ...decided, direction: 'in', crossedAtMs: 0, epoch: 3, processingMs: 41.4 },
    clockUncertaintyMs: null,
    why: {
      ...{ rule: 'both-sides', from: 'left', to: 'right', meetings: 1, ageMs: 2_450, bandBoxes: 0.15, anchor: 'foot' },
      segment: [
        [0, 0],
        [1, 1],
      ],
    },
  });
  for (const part of ['one person in over line door', '1970-01-01T00:00:00.000Z', 'from the left to the right', 'once'])
    expect(text).toContain(part);
  for (const part of ['2.5 s', 'worker w1', 'epoch 3', 'Track 31 of run 2', 'score 0.81']) expect(text).toContain(part);
});

it('says for a near miss why it did not count', () => {
  const text = words({ verdict: 'not-counted', ...decided, happenedAtMs: 0, ageMs: 900, reason: 'turned-back' });
  expect(text).toContain('turned back');
  expect(text).toContain('Followed for 0.9 s');
});

it('says that a refused fact was refused, and by what rule', () => {
  const text = words({ verdict: 'rejected', factId: 'x', reason: 'fenced', detail: 'd', rejectedAtMs: 0 });
  expect(text).toMatch(/^Refused: another lease/);
});
