import { describe, expect, it } from 'vitest';
import { createTrajectory } from './trajectory.ts';

describe('a trajectory', () => {
  const walk = createTrajectory(
    [
      { x: 0, z: 0 },
      { x: 4, z: 0, pauseMs: 2000 },
      { x: 0, z: 0.5 },
    ],
    1.25,
  );

  it('starts at its first point, stands at its pause and ends at its last point', () => {
    expect(walk.at(0)).toMatchObject({ x: 0, z: 0, walkedM: 0 });
    expect(walk.at(4500)).toMatchObject({ x: 4, z: 0, speedMps: 0 });
    expect(walk.at(walk.durationMs).x).toBeCloseTo(0);
    expect(walk.at(walk.durationMs).z).toBeCloseTo(0.5);
  });

  it('turns round during the pause', () => {
    expect(walk.at(2000).facingX).toBeCloseTo(1);
    expect(walk.at(walk.durationMs - 500).facingX).toBeLessThan(-0.9);
  });

  it('never moves faster than its pace, nor turns by a jerk', () => {
    for (let ageMs = 10; ageMs < walk.durationMs; ageMs += 10) {
      const [a, b] = [walk.at(ageMs - 10), walk.at(ageMs)];
      expect(Math.hypot(b.x - a.x, b.z - a.z)).toBeLessThan(1.25 * 0.01 * 1.02);
      expect(b.walkedM).toBeGreaterThanOrEqual(a.walkedM);
      expect(a.facingX * b.facingX + a.facingZ * b.facingZ).toBeGreaterThan(0.98);
    }
  });
});
