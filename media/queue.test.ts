import { describe, expect, it } from 'vitest';
import { NewestWinsQueue } from './queue.ts';

describe('NewestWinsQueue', () => {
  it('drops the oldest value when full and counts it', () => {
    const queue = new NewestWinsQueue<number>(2);
    expect([1, 2, 3, 4].map((value) => queue.push(value))).toEqual([undefined, undefined, 1, 2]);
    expect(queue.dropped).toBe(2);
    expect(queue.drain()).toEqual([3, 4]);
    expect(queue.size).toBe(0);
  });

  it('gives values in order and undefined when empty', () => {
    const queue = new NewestWinsQueue<string>(3);
    queue.push('a');
    queue.push('b');
    expect([queue.shift(), queue.shift(), queue.shift()]).toEqual(['a', 'b', undefined]);
  });

  it('refuses a capacity that can hold nothing', () => {
    expect(() => new NewestWinsQueue(0)).toThrow(RangeError);
    expect(() => new NewestWinsQueue(1.5)).toThrow(RangeError);
  });
});
