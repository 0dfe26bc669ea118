import { describe, expect, it } from 'vitest';
import { createRandomPlace } from './random-place.ts';

const SEEDS = Array.from({ length: 40 }, (_, i) => 1_000_000 + i);

describe('a hard place', () => {
  it('draws what people have along and gives it no true box', () => {
    let things = 0;
    for (const seed of SEEDS) {
      const place = createRandomPlace(seed, 'hard');
      things += place.figuresAt(0).filter(({ walkerId }) => walkerId.startsWith('thing-')).length;
      expect(place.boxesAt(0).filter(({ walkerId }) => walkerId.startsWith('thing-'))).toEqual([]);
    }
    expect(things).toBeGreaterThan(SEEDS.length / 2);
  });

  it('shows people from eye level to straight down', () => {
    const pitches = SEEDS.filter((seed) => createRandomPlace(seed, 'hard').boxesAt(0).length > 0).map(
      (seed) => createRandomPlace(seed, 'hard').picture.view.pose.pitchDeg,
    );
    expect(Math.min(...pitches)).toBeLessThan(12);
    expect(Math.max(...pitches)).toBeGreaterThan(78);
  });
});

it('draws a usual place without things, the same for the same seed', () => {
  const place = createRandomPlace(1_000_000);
  expect(place.figuresAt(500)).toEqual(createRandomPlace(1_000_000).figuresAt(500));
  expect(place.figuresAt(500).every(({ walkerId }) => !walkerId.startsWith('thing-'))).toBe(true);
});
