import { expect, test } from 'vitest';
import { GATE_COLUMNS, GATE_ROWS, MotionGate } from './motion-gate.ts';

const STEP_MS = 200;

interface Scene {
  /** Grey level of a block at a time. */
  at(column: number, row: number, timeMs: number): number;
}

/** A textured room with sensor noise, the same for the same time. */
const ROOM: Scene = {
  at: (column, row, timeMs) => 60 + 3 * ((column * 7 + row * 5) % 30) + noise(column, row, timeMs),
};

function noise(column: number, row: number, timeMs: number): number {
  const mixed = Math.imul(column * 73_856_093 + row * 19_349_663 + timeMs * 83_492_791 + 1, 0x9e3779b1) >>> 8;
  return ((mixed % 1000) / 1000 - 0.5) * 4;
}

/** A figure of 2 x 5 blocks walks through it, a little darker than what is behind. */
function withWalker(scene: Scene, fromMs: number, untilMs: number, darker = 15): Scene {
  return {
    at: (column, row, timeMs) => {
      const left = Math.floor((timeMs - fromMs) / 300);
      const isFigure =
        timeMs >= fromMs && timeMs < untilMs && column >= left && column < left + 2 && row > 20 && row < 26;
      return scene.at(column, row, timeMs) - (isFigure ? darker : 0);
    },
  };
}

/** Times at which the gate was open. */
function openTimes(scene: Scene, untilMs: number, stepMs = STEP_MS, gate = new MotionGate()): number[] {
  const open: number[] = [];
  for (let timeMs = 0; timeMs <= untilMs; timeMs += stepMs) {
    const means = Float32Array.from({ length: GATE_COLUMNS * GATE_ROWS }, (_, i) =>
      scene.at(i % GATE_COLUMNS, Math.floor(i / GATE_COLUMNS), timeMs),
    );
    if (gate.look(means, timeMs, true)) open.push(timeMs);
  }
  return open;
}

test('of a still scene with sensor noise only the first second is open', () => {
  expect(openTimes(ROOM, 20_000).at(-1)).toBe(1_000);
});

test('it is open for as long as somebody walks, and a second longer', () => {
  const open = openTimes(withWalker(ROOM, 10_000, 16_000), 30_000).filter((timeMs) => timeMs > 1_000);
  expect(open[0]).toBe(10_000);
  expect(open).toContain(15_800);
  expect(open.at(-1)).toBeLessThan(22_000);
  for (let timeMs = 10_000; timeMs <= 16_000; timeMs += STEP_MS) expect(open).toContain(timeMs);
});

test('looked at only every 2 s it still sees who walks', () => {
  const open = openTimes(withWalker(ROOM, 20_000, 26_000), 26_000, 2_000);
  expect(open).toEqual(expect.arrayContaining([20_000, 22_000, 24_000]));
  expect(open.filter((timeMs) => timeMs > 2_000 && timeMs < 20_000)).toEqual([]);
});

test('light that fades by half in a minute keeps it closed', () => {
  const fading: Scene = { at: (column, row, timeMs) => ROOM.at(column, row, timeMs) * (1 - timeMs / 120_000) };
  expect(openTimes(fading, 60_000).at(-1)).toBe(1_000);
});

test('a lamp switched on opens it, for less than 10 s', () => {
  const lit: Scene = { at: (column, row, timeMs) => ROOM.at(column, row, timeMs) + (timeMs >= 10_000 ? 50 : 0) };
  const open = openTimes(lit, 40_000).filter((timeMs) => timeMs > 1_000);
  expect(open[0]).toBe(10_000);
  expect(open.at(-1)).toBeLessThan(20_000);
});

test('a clock in the picture is learned within a minute, and somebody in front of it is still seen', () => {
  const clock: Scene = {
    at: (column, row, timeMs) =>
      ROOM.at(column, row, timeMs) + (row === 1 && column < 4 ? 12 * (Math.floor(timeMs / 1000) % 2) : 0),
  };
  const gate = new MotionGate();
  const open = openTimes(withWalker(clock, 90_000, 96_000), 96_000, STEP_MS, gate);
  expect(open.filter((timeMs) => timeMs > 60_000 && timeMs < 90_000)).toEqual([]);
  expect(open).toContain(90_000);
});

test('a jump of one block alone is not motion', () => {
  const spark: Scene = {
    at: (column, row, timeMs) => (column === 9 && row === 9 ? timeMs % 97 : ROOM.at(column, row, timeMs)),
  };
  expect(openTimes(spark, 10_000).at(-1)).toBe(1_000);
});

test('pictures from before the last one are compared and teach nothing', () => {
  const gate = new MotionGate();
  openTimes(ROOM, 20_000, STEP_MS, gate);
  const bright = new Float32Array(GATE_COLUMNS * GATE_ROWS).fill(250);
  const dark = Float32Array.from({ length: GATE_COLUMNS * GATE_ROWS }, (_, i) =>
    ROOM.at(i % GATE_COLUMNS, Math.floor(i / GATE_COLUMNS), 24_000),
  );
  expect(gate.look(bright, 19_000, true)).toBe(true);
  expect(gate.look(dark, 24_000, true)).toBe(false);
});
