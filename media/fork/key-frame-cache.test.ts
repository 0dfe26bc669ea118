import { describe, expect, it } from 'vitest';
import type { AccessUnit } from '../packet.ts';
import { KeyFrameCache, MAX_CACHED_BYTES } from './key-frame-cache.ts';

function unit(second: number, isKeyFrame: boolean, bytes = 100): AccessUnit {
  return {
    nalUnits: [Buffer.alloc(bytes)],
    isKeyFrame,
    rtpTimestamp: 0,
    ticks90k: second * 90_000,
    receivedAtMs: 0,
    isDamaged: false,
    codec: 'H264',
  };
}

describe('KeyFrameCache', () => {
  it('keeps the current group from its key frame on', () => {
    const cache = new KeyFrameCache();
    const group = [unit(2, true), unit(3, false), unit(4, false)];
    for (const each of [unit(0, true), unit(1, false), ...group]) cache.push(each);
    expect(cache.units()).toEqual(group);
    expect(cache.bytes).toBe(300);
  });

  it('ignores what comes before the first key frame', () => {
    const cache = new KeyFrameCache();
    cache.push(unit(0, false));
    expect(cache.units()).toEqual([]);
  });

  it('gives up a group that grows beyond its bytes until the next key frame', () => {
    const cache = new KeyFrameCache();
    cache.push(unit(0, true, MAX_CACHED_BYTES));
    cache.push(unit(1, false, 1));
    cache.push(unit(2, false, 1));
    expect(cache.units()).toEqual([]);
    expect(cache.bytes).toBe(0);
    cache.push(unit(3, true));
    expect(cache.units()).toHaveLength(1);
  });

  it('gives up a group that is longer than ten seconds', () => {
    const cache = new KeyFrameCache();
    for (let second = 0; second <= 10; second += 1) cache.push(unit(second, second === 0));
    expect(cache.units()).toHaveLength(11);
    cache.push(unit(10.1, false));
    expect(cache.units()).toEqual([]);
  });
});
