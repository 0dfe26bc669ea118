import { expect, test } from 'vitest';
import { channelTables, fillTensor } from './tensor.ts';

/** Two pixels: (10, 20, 30) and (40, 50, 60). */
const RGB = Uint8Array.from([10, 20, 30, 40, 50, 60]);
const RAW = { scale: 1, mean: [0, 0, 0], std: [1, 1, 1] } as const;

function tensorOf(preparation: Parameters<typeof channelTables>[0]): number[] {
  const tensor = new Float32Array(RGB.length);
  fillTensor(tensor, RGB, channelTables(preparation), 'planes');
  return [...tensor];
}

test('RGB bytes become planes in the order red, green, blue', () => {
  expect(tensorOf({ colour: 'rgb', ...RAW })).toEqual([10, 40, 20, 50, 30, 60]);
});

test('a BGR model gets blue first', () => {
  expect(tensorOf({ colour: 'bgr', ...RAW })).toEqual([30, 60, 20, 50, 10, 40]);
});

test('mean and deviation belong to the planes in their own order', () => {
  const tensor = tensorOf({ colour: 'bgr', scale: 1, mean: [30, 20, 10], std: [1, 2, 10] });
  expect(tensor).toEqual([0, 30, 0, 15, 0, 3]);
});

test('a scale maps bytes to 0..1', () => {
  const tensor = new Float32Array(3);
  fillTensor(tensor, Uint8Array.from([0, 51, 255]), channelTables({ colour: 'rgb', ...RAW, scale: 1 / 255 }), 'planes');
  expect(tensor[0]).toBe(0);
  expect(tensor[1]).toBeCloseTo(0.2, 6);
  expect(tensor[2]).toBeCloseTo(1, 6);
});

test('a model that takes pixels gets their channels side by side, in its own order', () => {
  const tensor = new Uint8Array(RGB.length);
  fillTensor(tensor, RGB, channelTables({ colour: 'bgr', ...RAW }), 'pixels');
  expect([...tensor]).toEqual([30, 20, 10, 60, 50, 40]);
});
