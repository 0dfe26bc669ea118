import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boxOf, correctMotion, predictMotion, startMotion, type BoxMotion } from './kalman.ts';
import { DEFAULT_TRACKER_SETTINGS } from './tracker.ts';

const { noise } = DEFAULT_TRACKER_SETTINGS;
const personAt = (x: number, y = 0.5) => ({ x1: x - 0.05, y1: y - 0.2, x2: x + 0.05, y2: y + 0.2 });

function follow(stepMs: number, speed: number, untilMs = 2000): BoxMotion {
  let motion = startMotion(personAt(0.1), noise);
  for (let timeMs = stepMs; timeMs <= untilMs; timeMs += stepMs) {
    motion = correctMotion(predictMotion(motion, stepMs / 1000, noise), personAt(0.1 + (speed * timeMs) / 1000), noise);
  }
  return motion;
}

describe('the box filter', () => {
  it('predicts the same in one step as in any steps that add up to it', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: 0.001, max: 0.5, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (steps) => {
          const start = follow(100, 0.2);
          const whole = predictMotion(
            start,
            steps.reduce((sum, step) => sum + step, 0),
            noise,
          );
          const split = steps.reduce((motion, step) => predictMotion(motion, step, noise), start);
          for (const axis of ['x', 'y'] as const) {
            for (const key of ['position', 'velocity', 'positionVariance', 'covariance', 'velocityVariance'] as const) {
              expect(split[axis][key]).toBeCloseTo(whole[axis][key], 10);
            }
          }
          expect(split.width.variance).toBeCloseTo(whole.width.variance, 10);
        },
      ),
    );
  });

  it.each([40, 100, 200])('learns the speed of an even walker from frames %i ms apart', (stepMs) => {
    const motion = follow(stepMs, 0.2);
    expect(motion.x.velocity).toBeCloseTo(0.2, 2);
    expect(motion.y.velocity).toBeCloseTo(0, 6);
    expect(boxOf(predictMotion(motion, 0.5, noise)).x1).toBeCloseTo(0.1 + 0.2 * 2.5 - 0.05, 2);
  });

  it('weighs measurements as the best straight line through them does when speed cannot change', () => {
    // Without process noise and with a free first speed, the filter is recursive least squares: both must agree.
    const steady = { centre: 0.06, size: 0.1, firstSpeed: 1e4, speedChange: 0, sizeChange: 0 };
    const seconds = [0, 0.1, 0.25, 0.3, 0.7];
    const places = [0.3, 0.33, 0.36, 0.41, 0.47];
    let motion = startMotion(personAt(0.3), steady);
    seconds.slice(1).forEach((at, index) => {
      const ahead = predictMotion(motion, at - (seconds[index] ?? 0), steady);
      motion = correctMotion(ahead, personAt(places[index + 1] ?? 0), steady);
    });
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const centred = seconds.map((at) => at - mean(seconds));
    const slope = mean(centred.map((at, index) => at * (places[index] ?? 0))) / mean(centred.map((at) => at ** 2));
    expect(motion.x.velocity).toBeCloseTo(slope, 5);
    expect(motion.x.position).toBeCloseTo(mean(places) + slope * (centred.at(-1) ?? 0), 5);
  });

  it('grows less sure of a place the longer nobody is seen', () => {
    const motion = follow(100, 0.2);
    const soon = predictMotion(motion, 0.2, noise).x.positionVariance;
    expect(soon).toBeGreaterThan(motion.x.positionVariance);
    expect(predictMotion(motion, 1, noise).x.positionVariance).toBeGreaterThan(soon);
  });
});
