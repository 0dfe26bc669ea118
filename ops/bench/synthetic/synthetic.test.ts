import { describe, expect, it, test } from 'vitest';
import { crossingsOf, walking } from './people.ts';
import { lineBetween } from './scene.ts';
import { cases, runCase } from './suite.ts';
import { boxIn, ELEVATED, EYE_LEVEL, OVERHEAD, project, STEEP, unproject, type Place } from './view.ts';

/** A few scenes of every case; the bench runs all, from another seed each time. */
const SCENES = 5;
const SEED = 20_261_122;

describe('the simulated cases', () => {
  it('are at least twenty, each with a name of its own', () => {
    expect(new Set(cases.map(({ name }) => name)).size).toBe(cases.length);
    expect(cases.length).toBeGreaterThanOrEqual(20);
  });

  test.each(cases.map((one) => [one.name, one] as const))('%s', async (_, one) => {
    const score = await runCase(one, SEED, Math.min(SCENES, one.scenes));
    // So few scenes show a case that is broken, not the last percent.
    const allowed = Math.max(1 - one.bar, one.bar < 1 ? 0.1 : 0) * Math.max(score.crossings, 10);
    expect(score.crossings - score.right, `missed, seeds ${score.failedSeeds.join(' ')}`).toBeLessThanOrEqual(allowed);
    expect(score.wrong, `wrong, seeds ${score.failedSeeds.join(' ')}`).toBeLessThanOrEqual(allowed);
  });
});

describe('the simulated camera', () => {
  it.each([ELEVATED, EYE_LEVEL, OVERHEAD, STEEP])(
    'finds the place again that a point of its picture shows: $name',
    (view) => {
      const places: Place[] = [
        [0, 2],
        [-1.5, 2.5],
        [1, 2.9],
      ];
      for (const place of places) {
        const [x, y] = unproject(view, project(view, place, 0));
        expect([x, y]).toEqual([expect.closeTo(place[0], 9), expect.closeTo(place[1], 9)]);
      }
    },
  );

  it('puts feet at the foot of the box and makes the near larger than the far', () => {
    const near = boxIn(ELEVATED, [0, 5], { heightM: 1.7, radiusM: 0.25 });
    const far = boxIn(ELEVATED, [0, 10], { heightM: 1.7, radiusM: 0.25 });
    expect(near.y2).toBeCloseTo(project(ELEVATED, [0, 4.9], 0)[1], 2);
    expect(near.y2 - near.y1).toBeGreaterThan(1.4 * (far.y2 - far.y1));
  });
});

describe('the truth about a crossing', () => {
  const line = lineBetween(ELEVATED, [0, 3], [0, 12]);
  const truth = (...route: (Place | number)[]) => crossingsOf([walking(0, 1, route)], ELEVATED, line);

  it('has the direction in which the line is crossed, and the time within 0.2 m of it', () => {
    expect(truth([-2, 6], [2, 6])).toEqual([
      { line: 'line', direction: 'in', fromMs: expect.closeTo(1800, 3), toMs: expect.closeTo(2200, 3) },
    ]);
    expect(truth([2, 6], [-2, 6])).toMatchObject([{ direction: 'out' }]);
  });

  it('knows no crossing past the ends of the line, nor of who only sways over it', () => {
    expect(truth([-2, 13], [2, 13])).toEqual([]);
    expect(truth([-2, 6], [0.1, 6], [-2, 6])).toEqual([]);
  });

  it('takes somebody who stands and sways on the line for one crossing', () => {
    const [crossing, ...more] = truth([-2, 6], [0.1, 6], 1000, [-0.1, 6], [0.1, 6], [2, 6]);
    expect(more).toEqual([]);
    expect(crossing?.fromMs).toBeCloseTo(1800, 3);
    expect(crossing?.toMs).toBeCloseTo(3600, 3);
  });
});
