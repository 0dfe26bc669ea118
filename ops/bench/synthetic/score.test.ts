import { describe, expect, it } from 'vitest';
import { isMet, scoreOf } from './score.ts';

const truth = (fromMs: number, direction: 'in' | 'out' = 'in', line = 'door') => ({
  line,
  direction,
  fromMs,
  toMs: fromMs + 300,
});
const count = (tMs: number, direction: 'in' | 'out' = 'in', line = 'door') => ({ line, direction, tMs });

describe('scoreOf', () => {
  it('takes a count for right within half a second of the time at the line, once', () => {
    expect(scoreOf([truth(1000)], [count(501)])).toEqual({ crossings: 1, right: 1, wrong: 0 });
    expect(scoreOf([truth(1000)], [count(1799)])).toEqual({ crossings: 1, right: 1, wrong: 0 });
    expect(scoreOf([truth(1000)], [count(1801)])).toEqual({ crossings: 1, right: 0, wrong: 1 });
    expect(scoreOf([truth(1000)], [count(1100), count(1100)])).toEqual({ crossings: 1, right: 1, wrong: 1 });
  });

  it('takes none of another line or direction', () => {
    const other = [count(1100, 'out'), count(1100, 'in', 'gate')];
    expect(scoreOf([truth(1000)], other)).toEqual({ crossings: 1, right: 0, wrong: 2 });
  });

  it('pairs the nearest first', () => {
    expect(scoreOf([truth(1000), truth(2000)], [count(1600), count(900)])).toEqual({
      crossings: 2,
      right: 2,
      wrong: 0,
    });
  });
});

describe('isMet', () => {
  it('allows as large a part to be missed, and to be wrong, as the bar leaves', () => {
    expect(isMet({ crossings: 20, right: 19, wrong: 1 }, 0.95)).toBe(true);
    expect(isMet({ crossings: 20, right: 18, wrong: 0 }, 0.95)).toBe(false);
    expect(isMet({ crossings: 20, right: 20, wrong: 2 }, 0.95)).toBe(false);
    expect(isMet({ crossings: 0, right: 0, wrong: 1 }, 1)).toBe(false);
  });
});
