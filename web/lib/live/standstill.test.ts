import { describe, expect, test } from 'vitest';
import { Standstill } from './standstill.ts';

/** Connected, and frames every `intervalMs` for two seconds from 1000 on. Returns it with the time of the last. */
function playing(intervalMs = 40): { picture: Standstill; lastMs: number } {
  const picture = new Standstill(0);
  picture.connected(500);
  let lastMs = 1_000;
  for (; lastMs < 3_000; lastMs += intervalMs) picture.frame(lastMs);
  return { picture, lastMs: lastMs - intervalMs };
}

describe('a picture', () => {
  test('that moves needs nothing', () => {
    const { picture, lastMs } = playing();
    expect(picture.remedy(lastMs + 1_400)).toBe('none');
  });

  test('that stood still for a second and a half is asked about', () => {
    const { picture, lastMs } = playing();
    expect(picture.remedy(lastMs + 1_600)).toBe('probe');
  });

  test('of a camera with a frame every two seconds is given several of them', () => {
    const picture = new Standstill(0);
    for (let at = 0; at <= 120_000; at += 2_000) picture.frame(at);
    expect(picture.remedy(120_000 + 7_000)).toBe('none');
    expect(picture.remedy(120_000 + 9_000)).toBe('probe');
  });

  test('is asked about sooner after a wake', () => {
    const { picture } = playing();
    picture.expect(60_000);
    expect(picture.remedy(60_600)).toBe('none');
    expect(picture.remedy(60_800)).toBe('probe');
  });

  test('is not taken for slow because it slept', () => {
    const { picture } = playing();
    picture.expect(60_000);
    picture.frame(60_100);
    picture.frame(60_140);
    expect(picture.remedy(61_700)).toBe('probe');
  });

  test('gets a new session when the server agreed and still nothing moved', () => {
    const { picture, lastMs } = playing();
    picture.probed(lastMs + 1_700, true);
    expect(picture.remedy(lastMs + 6_600)).toBe('none');
    expect(picture.remedy(lastMs + 6_800)).toBe('renew');
  });

  test('is asked about again and again, and its session kept, while the server cannot be reached', () => {
    const { picture, lastMs } = playing();
    picture.probed(lastMs + 1_700, false);
    expect(picture.remedy(lastMs + 2_000)).toBe('none');
    expect(picture.remedy(lastMs + 2_300)).toBe('probe');
    picture.probed(lastMs + 60_000, false);
    expect(picture.remedy(lastMs + 60_600)).toBe('probe');
  });

  test('that moves again after a probe is fine', () => {
    const { picture, lastMs } = playing();
    picture.probed(lastMs + 1_700, true);
    picture.frame(lastMs + 2_000);
    expect(picture.remedy(lastMs + 3_400)).toBe('none');
    expect(picture.remedy(lastMs + 3_600)).toBe('probe');
  });
});

describe('a session without a frame yet', () => {
  test('is given up when it does not connect', () => {
    const picture = new Standstill(0);
    expect(picture.remedy(7_900)).toBe('none');
    expect(picture.remedy(8_100)).toBe('renew');
  });

  test('is asked about now and then while a rare key frame is awaited, and given up in the end', () => {
    const picture = new Standstill(0);
    picture.connected(200);
    expect(picture.remedy(5_100)).toBe('none');
    expect(picture.remedy(5_300)).toBe('probe');
    picture.probed(5_400, true);
    expect(picture.remedy(10_000)).toBe('none');
    expect(picture.remedy(10_500)).toBe('probe');
    expect(picture.remedy(25_100)).toBe('renew');
  });
});
