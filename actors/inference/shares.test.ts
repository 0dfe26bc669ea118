import { beforeEach, expect, test } from 'vitest';
import { InferenceShares } from './shares.ts';

let nowMs: number;
let capacityFps: number | null;
let shares: InferenceShares;

beforeEach(() => {
  [nowMs, capacityFps] = [0, null];
  shares = new InferenceShares({ monotonicMs: () => nowMs, capacityFps: () => capacityFps });
});

/** Seconds in which each camera uses what it may, or less where told so. */
function pass(seconds: number, cameras: Record<string, { isNear?: boolean; usesFps?: number }>): void {
  for (let second = 0; second < seconds; second += 1) {
    nowMs += 1000;
    for (const [camera, { isNear = false, usesFps = Infinity }] of Object.entries(cameras)) {
      const { fpsAllowed } = shares.want(camera, 10, isNear);
      for (let i = 0; i < Math.min(usesFps, Math.round(fpsAllowed)); i += 1) shares.used(camera);
    }
  }
}

function allowed(camera: string, isNear = false): number {
  return shares.want(camera, 10, isNear).fpsAllowed;
}

test('until the detectors are known everybody has what they want', () => {
  shares.admit('a', 10);
  pass(3, { a: {} });
  expect(allowed('a')).toBe(10);
});

test('when there is not enough the one near a line keeps five and the others pay', () => {
  for (const camera of ['near', 'b', 'c', 'd']) shares.admit(camera, 10);
  capacityFps = 8;
  pass(5, { near: { isNear: true }, b: {}, c: {}, d: {} });
  expect(allowed('near', true)).toBe(5);
  for (const camera of ['b', 'c', 'd']) expect(allowed(camera)).toBe(1);
  expect(shares.isFull).toBe(false);
});

test('a camera whose scene is still leaves its part to others, and has it again as it moves', () => {
  for (const camera of ['a', 'still']) shares.admit(camera, 10);
  capacityFps = 12;
  pass(20, { a: {}, still: { usesFps: 1 } });
  expect(allowed('a')).toBe(10);
  expect(allowed('still')).toBe(10);
  pass(20, { a: {}, still: {} });
  expect(allowed('a')).toBeCloseTo(6, 0);
  expect(allowed('still')).toBeCloseTo(6, 0);
});

test('who comes near a line has five at once', () => {
  for (const camera of ['a', 'b']) shares.admit(camera, 10);
  capacityFps = 4;
  pass(5, { a: {}, b: {} });
  expect(allowed('a')).toBeLessThan(3);
  expect(allowed('a', true)).toBe(5);
});

test('below four frames near a line it is degraded, and when that lasts no new camera is taken until it is over', () => {
  for (const camera of ['a', 'b']) shares.admit(camera, 10);
  capacityFps = 6;
  pass(5, { a: { isNear: true }, b: { isNear: true } });
  expect(shares.want('a', 10, true)).toMatchObject({ isDegraded: true });
  shares.admit('soon', 10);
  shares.leave('soon');
  pass(30, { a: { isNear: true }, b: { isNear: true } });
  expect(() => {
    shares.admit('c', 10);
  }).toThrow(expect.objectContaining({ code: 'inference.overloaded', retryable: true }) as Error);
  shares.admit('a', 10); // It is here already: its stream only began again.
  capacityFps = 60;
  pass(5, { a: { isNear: true }, b: { isNear: true } });
  shares.admit('c', 10);
  expect(shares.want('c', 10, true)).toMatchObject({ isDegraded: false });
});

test('a camera that left counts no more', () => {
  for (const camera of ['a', 'b']) shares.admit(camera, 10);
  capacityFps = 10;
  pass(5, { a: {}, b: {} });
  expect(allowed('a')).toBeCloseTo(5, 0);
  shares.leave('b');
  pass(2, { a: {} });
  expect(allowed('a')).toBe(10);
});
