import { expect, test } from 'vitest';
import { UnitQueue } from './unit-queue.ts';

const LIMITS = { catchUpUnits: 3, maxUnits: 6, maxBytes: 1000 };

function unit(name: string, sizeBytes = 10) {
  return { name, isKeyFrame: name.startsWith('I'), data: new Uint8Array(sizeBytes) };
}

function fill(queue: UnitQueue<ReturnType<typeof unit>>, names: string): number {
  return names.split(' ').reduce((dropped, name) => dropped + queue.push(unit(name)), 0);
}

function drain(queue: UnitQueue<ReturnType<typeof unit>>): string {
  const names: string[] = [];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) names.push(next.name);
  return names.join(' ');
}

test('nothing passes before the first key frame', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  expect(fill(queue, 'P1 P2 I1 P3')).toBe(2);
  expect(drain(queue)).toBe('I1 P3');
});

test('a key frame behind a short queue waits its turn', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  expect(fill(queue, 'I1 P1 P2 I2 P3')).toBe(0);
  expect(drain(queue)).toBe('I1 P1 P2 I2 P3');
});

test('a key frame behind a long queue replaces it', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  expect(fill(queue, 'I1 P1 P2 P3 I2 P4')).toBe(4);
  expect(drain(queue)).toBe('I2 P4');
});

test('too many units empty the queue until the next key frame', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  expect(fill(queue, 'I1 P1 P2 P3 P4 P5')).toBe(0);
  expect(fill(queue, 'P6 P7')).toBe(8);
  expect(fill(queue, 'I2 P8')).toBe(0);
  expect(drain(queue)).toBe('I2 P8');
});

test('too many bytes empty the queue, and what was decoded no longer counts', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  queue.push(unit('I1', 900));
  queue.shift();
  expect(queue.push(unit('P1', 900))).toBe(0);
  expect(queue.push(unit('P2', 101))).toBe(2);
  expect(queue.length).toBe(0);
});

test('after a loss of references decoding goes on at the next key frame in the queue', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  fill(queue, 'I1 P1 I2 P2');
  queue.shift();
  expect(queue.skipToKeyFrame()).toBe(1);
  expect(drain(queue)).toBe('I2 P2');
});

test('after a loss of references with no key frame at hand everything waits for one', () => {
  const queue = new UnitQueue<ReturnType<typeof unit>>(LIMITS);
  fill(queue, 'I1 P1 P2');
  queue.shift();
  expect(queue.skipToKeyFrame()).toBe(2);
  expect(fill(queue, 'P3 I2')).toBe(1);
  expect(drain(queue)).toBe('I2');
});
