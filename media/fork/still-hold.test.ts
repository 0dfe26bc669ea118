import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { UnitUse } from '../frames/decoder.port.ts';
import type { AccessUnit } from '../packet.ts';
import { StillHold } from './still-hold.ts';

const FPS = 10;

/** A camera whose picture i is named by i; key frames every `gop` pictures. */
function camera(gop: number, bytes: (i: number) => number = () => 1000) {
  const given: [number, UnitUse][] = [];
  const hold = new StillHold((unit, use) => given.push([unit.rtpTimestamp, use]));
  let next = 0;
  return {
    hold,
    given,
    play: (count: number) => {
      for (const end = next + count; next < end; next += 1) hold.push(picture(next, next % gop === 0, bytes(next)));
    },
    /** What was given since it was last asked. */
    since: () => given.splice(0),
    looks: () => given.filter(([, use]) => use === 'look').map(([i]) => i),
  };
}

function picture(i: number, isKeyFrame: boolean, bytes: number): AccessUnit {
  const nalUnits = [Buffer.alloc(bytes)];
  return {
    codec: 'H264',
    nalUnits,
    isKeyFrame,
    rtpTimestamp: i,
    ticks90k: ticksOf(i),
    receivedAtMs: i,
    isDamaged: false,
  };
}

function ticksOf(i: number): number {
  return 1e14 + (i * 90_000) / FPS;
}

test('awake, every picture is decoded as it comes', () => {
  const { play, given } = camera(20);
  play(50);
  expect(given).toEqual(Array.from({ length: 50 }, (_, i) => [i, 'live']));
});

test('asleep, only key frames are looked at', () => {
  const { hold, play, since } = camera(20);
  play(30);
  since();
  hold.sleep();
  play(30);
  expect(since()).toEqual([[40, 'look']]);
  expect(hold.looked(ticksOf(40), true)).toEqual({ pictures: 11, forMs: 1100 });
  play(10);
  expect(since()).toEqual([[60, 'look']]);
  expect(hold.looked(ticksOf(60), true)).toEqual({ pictures: 20, forMs: 2000 });
});

test('key frames twice a second are looked at once a second', () => {
  const { hold, play, given, looks } = camera(5);
  play(5);
  hold.sleep();
  for (let i = 5; i < 40; i += 1) {
    play(1);
    if (given.at(-1)?.[1] === 'look') hold.looked(ticksOf(i), true);
  }
  expect(looks()).toEqual([15, 25, 35]);
});

test('where key frames are rare the pictures in between are decoded for a look every 2.5 s', () => {
  const { hold, play, since } = camera(60);
  play(10);
  since();
  hold.sleep();
  play(25);
  const looked = since();
  expect(looked.at(-1)).toEqual([34, 'look']);
  expect(looked.slice(0, -1)).toEqual(Array.from({ length: 24 }, (_, i) => [10 + i, 'chain']));
  hold.looked(ticksOf(34), true);
  play(25);
  expect(since()).toHaveLength(25); // On from there: nothing is decoded twice.
});

test('a key frame that comes late is still the one that is looked at', () => {
  const { hold, play, since } = camera(24); // 2.4 s.
  play(30);
  since();
  hold.sleep();
  for (let i = 30; i < 130; i += 1) {
    play(1);
    if (i % 24 === 0) hold.looked(ticksOf(i), true);
  }
  expect(since()).toEqual([48, 72, 96, 120].map((i) => [i, 'look']));
});

test('a look that sees something lets all be analysed that came since the last one that did not', () => {
  const { hold, play, since } = camera(20);
  play(30);
  hold.sleep();
  play(11);
  expect(hold.looked(ticksOf(40), true)).toEqual({ pictures: 11, forMs: 1100 });
  play(25);
  since();
  expect(hold.looked(ticksOf(60), false)).toBeNull();
  // Picture 40 was looked at, but the decoder has been at 60 since: it must begin at the key frame again.
  expect(since()).toEqual([[40, 'chain'], ...Array.from({ length: 25 }, (_, i) => [41 + i, 'late'])]);
  expect(hold.isAsleep).toBe(false);
  play(1);
  expect(since()).toEqual([[66, 'live']]);
});

test('woken before the next look it goes on where the decoder stands', () => {
  const { hold, play, since } = camera(20);
  play(30);
  hold.sleep();
  play(5);
  since();
  hold.wake();
  expect(since()).toEqual([30, 31, 32, 33, 34].map((i) => [i, 'late']));
});

test('a picture much larger than usual wakes it, key frames apart', () => {
  const { hold, play, since } = camera(20, (i) => (i === 70 ? 2500 : i % 20 === 0 ? 20_000 : 1000 + (i % 3) * 50));
  play(60);
  hold.sleep();
  since();
  play(10);
  expect(hold.isAsleep).toBe(true);
  play(1);
  expect(hold.isAsleep).toBe(false);
  expect(since().at(-1)).toEqual([70, 'late']);
});

test('beyond 10 s, and beyond 4 MiB, all is decoded, and for a minute it stays so', () => {
  for (const [gop, bytes] of [
    [500, 1000],
    [20, 200_000],
  ] as const) {
    const { hold, play, since } = camera(gop, () => bytes);
    play(gop === 500 ? 60 : 15);
    hold.sleep();
    expect(hold.isAsleep).toBe(true);
    since();
    play(45);
    expect(hold.isAsleep).toBe(false);
    expect(hold.bytes).toBeLessThan(4.3e6);
    expect(since().filter(([, use]) => use === 'late').length).toBeGreaterThan(0);
    play(100);
    hold.sleep();
    expect(hold.isAsleep).toBe(false);
  }
});

test('a look that is never answered wakes it', () => {
  const { hold, play } = camera(20);
  play(30);
  hold.sleep();
  play(61);
  expect(hold.isAsleep).toBe(true);
  play(1);
  expect(hold.isAsleep).toBe(false);
});

test('without a key frame it does not sleep', () => {
  const { hold } = camera(20);
  hold.push(picture(3, false, 1000));
  hold.sleep();
  expect(hold.isAsleep).toBe(false);
});

test('whatever happens, what is decoded can be, and every picture is analysed or vouched for exactly once', () => {
  const step = fc.oneof(
    fc.record({ kind: fc.constant('play' as const), count: fc.integer({ min: 1, max: 40 }) }),
    fc.record({ kind: fc.constantFrom('sleep' as const, 'wake' as const, 'still' as const, 'moved' as const) }),
  );
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 70 }), fc.array(step, { maxLength: 40 }), (gop, steps) => {
      const { hold, play, given } = camera(gop);
      let vouchedFor = 0;
      let played = 0;
      for (const each of [...steps, { kind: 'wake' as const }]) {
        const look = given.findLast(([, use]) => use === 'look')?.[0];
        if (each.kind === 'play') {
          play(each.count);
          played += each.count;
        } else if (each.kind === 'sleep') hold.sleep();
        else if (each.kind === 'wake') hold.wake();
        else if (look !== undefined) vouchedFor += hold.looked(ticksOf(look), each.kind === 'still')?.pictures ?? 0;
      }
      const analysed = given.filter(([, use]) => use === 'live' || use === 'late').map(([i]) => i);
      expect(new Set(analysed).size).toBe(analysed.length);
      expect(analysed.length + vouchedFor).toBe(played);
      let last = -1;
      for (const [i] of given) {
        if (i % gop !== 0) expect(i).toBe(last + 1);
        last = i;
      }
    }),
  );
});
