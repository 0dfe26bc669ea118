import { describe, expect, it } from 'vitest';
import { WindowedMinimum } from './windowed-minimum.ts';

describe('WindowedMinimum', () => {
  it('forgets a minimum once it is older than the window', () => {
    const window = new WindowedMinimum(3000);
    window.add(1, 0);
    window.add(5, 2900);
    expect(window.minimum(2999)).toBe(1);
    window.add(7, 3100);
    expect(window.minimum(3100)).toBe(5);
  });

  it('is null when nothing was added lately or after clear', () => {
    const window = new WindowedMinimum(3000);
    expect(window.minimum(0)).toBeNull();
    window.add(1, 0);
    expect(window.minimum(60_000)).toBeNull();
    window.clear();
    expect(window.minimum(0)).toBeNull();
  });
});
