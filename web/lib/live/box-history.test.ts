import { describe, expect, test } from 'vitest';
import type { BoxesMessage } from '#protocol/live.ts';
import { BoxHistory } from './box-history.ts';
import { rtpTimestampOf } from './ticks.ts';

/** 100 ms before the 32-bit time stamp wraps, so that every test below crosses the wrap. */
const START_TICKS = Math.ceil((1_795_320_944_106 * 90) / 2 ** 32) * 2 ** 32 - 9_000;

type Track = BoxesMessage['tracks'][number];

function person(id: number, x: number, velocity: [number, number] = [0, 0]): Track {
  return { id, box: [x - 0.05, 0.2, x + 0.05, 0.8], score: 0.9, velocity };
}

function message(atMs: number, tracks: Track[], run = 1): BoxesMessage {
  return { camera: 'cam', run, ticks90k: START_TICKS + atMs * 90, sentAtMs: 0, tracks };
}

function frame(atMs: number): number {
  return rtpTimestampOf(START_TICKS + atMs * 90);
}

function history(...messages: BoxesMessage[]): BoxHistory {
  const made = new BoxHistory();
  for (const each of messages) made.push(each);
  return made;
}

function centre(box: readonly [number, number, number, number]): number {
  return (box[0] + box[2]) / 2;
}

describe('boxes for a shown frame', () => {
  test('are those of that very frame when it was analysed', () => {
    const shown = history(message(0, [person(1, 0.3)]), message(200, [person(1, 0.5)])).at(frame(200));
    expect(shown?.skewMs).toBe(0);
    expect(shown?.ticks90k).toBe(START_TICKS + 200 * 90);
    expect(centre(shown?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.5);
  });

  test('lie between those of the frames around it', () => {
    const shown = history(message(0, [person(1, 0.3)]), message(200, [person(1, 0.5)])).at(frame(50));
    expect(centre(shown?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.35);
    expect(shown?.skewMs).toBe(50);
  });

  test('move on by their velocity ahead of the newest analysed frame', () => {
    const shown = history(message(0, [person(1, 0.3, [0.5, 0])])).at(frame(200));
    expect(centre(shown?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.4);
    expect(shown?.ticks90k).toBe(START_TICKS + 200 * 90);
  });

  test('move at most 300 ms far', () => {
    const shown = history(message(0, [person(1, 0.3, [0.5, 0])])).at(frame(900));
    expect(centre(shown?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.45);
  });

  test('are none when nothing was analysed near it', () => {
    expect(history(message(0, [person(1, 0.3)])).at(frame(2_000))).toBeNull();
    expect(new BoxHistory().at(frame(0))).toBeNull();
  });

  test('of somebody who has gone are taken from the nearer frame', () => {
    const shown = history(message(0, [person(1, 0.3)]), message(200, [person(2, 0.6)])).at(frame(150));
    expect(shown?.boxes.map(({ id }) => id)).toEqual([2]);
  });

  test('carry the way of the foot over the last one and a half seconds, oldest first', () => {
    const steps = Array.from({ length: 21 }, (_, i) => message(i * 100, [person(1, 0.1 + i * 0.02)]));
    const trail = history(...steps).at(frame(2_000))?.boxes[0]?.trail ?? [];
    expect(trail).toHaveLength(16);
    expect(trail[0]?.[0]).toBeCloseTo(0.2);
    expect(trail.at(-1)?.[0]).toBeCloseTo(0.5);
    expect(trail.at(-1)?.[1]).toBeCloseTo(0.8);
  });
});

test('messages that overtook each other are put in order', () => {
  const shown = history(message(200, [person(1, 0.5)]), message(0, [person(1, 0.3)])).at(frame(100));
  expect(centre(shown?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.4);
});

test('a new run forgets the old one, whose ids mean other people', () => {
  const boxes = history(message(0, [person(1, 0.3)], 1), message(100, [person(1, 0.9)], 2)).at(frame(50));
  expect(centre(boxes?.boxes[0]?.box ?? [0, 0, 0, 0])).toBeCloseTo(0.9);
});
