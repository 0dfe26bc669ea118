import { describe, expect, it } from 'vitest';
import { sideOf } from '#protocol/geometry.ts';
import { createScene, type Scene } from './scene.ts';
import type { TrueBox } from './truth.ts';

const SCENES = (['entrance', 'hall'] as const).flatMap((name) => [3, 1_000_077].map((seed) => createScene(name, seed)));

/** Crossings found by looking at every walker's foot point 200 times a second. */
function bruteForce(scene: Scene): { tMs: number; direction: string; walkerId: string }[] {
  const found: { tMs: number; direction: string; walkerId: string }[] = [];
  const { p1, p2 } = scene.line;
  const last = new Map<string, readonly [number, number]>();
  for (let tMs = -5; tMs < scene.durationMs; tMs += 5) {
    const present = new Map(
      scene.poseAt(tMs).map(({ walkerId, motion }) => [walkerId, scene.view.floorPoint(motion.x, motion.z)] as const),
    );
    for (const [walkerId, foot] of present) {
      const before = last.get(walkerId);
      if (before === undefined) continue;
      const [was, is] = [sideOf(p1, p2, [before[0], before[1]]), sideOf(p1, p2, foot)];
      const between = sideOf([before[0], before[1]], foot, p1) < 0 !== sideOf([before[0], before[1]], foot, p2) < 0;
      if (was < 0 !== is < 0 && between) found.push({ tMs, direction: was < 0 ? 'in' : 'out', walkerId });
    }
    last.clear();
    for (const [walkerId, foot] of present) last.set(walkerId, foot);
  }
  return found;
}

describe.each(SCENES)('scene $name with seed $seed', (scene) => {
  it('is the same when it is made again', () => {
    const again = createScene(scene.name, scene.seed);
    expect(again.crossings()).toEqual(scene.crossings());
    expect(again.truthBoxes(31_234)).toEqual(scene.truthBoxes(31_234));
  });

  it('repeats itself exactly after its duration', () => {
    for (const tMs of [0, 1, 17_333, 71_999]) {
      expect(scene.truthBoxes(tMs + scene.durationMs)).toEqual(scene.truthBoxes(tMs));
    }
  });

  it('moves nobody by a jump, also where the loop closes', () => {
    const jump = (before: TrueBox[], after: TrueBox[]): number =>
      Math.max(
        0,
        ...after.map((box) => {
          const same = before.find(({ walkerId }) => walkerId === box.walkerId);
          return same === undefined ? 0 : Math.hypot(same.foot[0] - box.foot[0], same.foot[1] - box.foot[1]);
        }),
      );
    for (const tMs of [0, 10_000, 33_000, 50_000]) {
      expect(jump(scene.truthBoxes(tMs - 20), scene.truthBoxes(tMs))).toBeLessThan(0.02);
    }
  });

  it('lists the crossings that a brute-force look at every foot finds', () => {
    const found = bruteForce(scene).sort((a, b) => a.tMs - b.tMs);
    const listed = scene.crossings();
    expect(found.map(({ walkerId, direction }) => `${walkerId} ${direction}`)).toEqual(
      listed.map(({ walkerId, direction }) => `${walkerId} ${direction}`),
    );
    found.forEach(({ tMs }, i) => expect(Math.abs(tMs - (listed[i]?.tMs ?? NaN))).toBeLessThanOrEqual(6));
  });

  it('has its first crossing after 4 to 6 s, both directions, and none near the ends of the loop', () => {
    const crossings = scene.crossings();
    expect(crossings[0]?.tMs).toBeGreaterThan(4000);
    expect(crossings[0]?.tMs).toBeLessThan(6000);
    expect(crossings.at(-1)?.tMs).toBeLessThan(scene.durationMs - 1000);
    expect(new Set(crossings.map(({ direction }) => direction))).toEqual(new Set(['in', 'out']));
  });

  it('shows whoever crosses whole and at least 85 % unhidden', () => {
    for (const { tMs, walkerId } of scene.crossings()) {
      const box = scene.truthBoxes(tMs).find((one) => one.walkerId === walkerId);
      expect(box?.visibility).toBeGreaterThanOrEqual(0.85);
      expect(Math.min(box?.box.x1 ?? 0, box?.box.y1 ?? 0)).toBeGreaterThan(0);
      expect(Math.max(box?.box.x2 ?? 1, box?.box.y2 ?? 1)).toBeLessThan(1);
    }
  });

  it('keeps feet at the bottom of their boxes', () => {
    for (let tMs = 0; tMs < scene.durationMs; tMs += 1700) {
      for (const { box, foot } of scene.truthBoxes(tMs)) {
        if (box.x1 === 0 || box.x2 === 1 || box.y2 === 1) continue;
        const height = box.y2 - box.y1;
        expect(foot[0]).toBeGreaterThan(box.x1);
        expect(foot[0]).toBeLessThan(box.x2);
        expect(Math.abs(foot[1] - box.y2)).toBeLessThan(0.2 * height);
      }
    }
  });
});

it('brings twenty crossings over both cameras within a minute, whatever the seed', () => {
  for (const seed of [1, 2, 1_000_000, 1_234_567]) {
    const times = (['entrance', 'hall'] as const).flatMap((name) =>
      createScene(name, seed)
        .crossings()
        .map(({ tMs }) => tMs),
    );
    expect(times.sort((a, b) => a - b)[19]).toBeLessThan(60_000);
  }
});
