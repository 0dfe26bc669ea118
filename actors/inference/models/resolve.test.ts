import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { resolveModel } from './resolve.ts';

const folder = mkdtempSync(join(tmpdir(), 'footfall-models-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const SHIPPED = `${import.meta.dirname}/footfall-person.onnx`;

test('no model is the shipped default', () => {
  expect(resolveModel(null)).toBe(SHIPPED);
  expect(resolveModel(null, folder)).toBe(SHIPPED);
});

test('a bare name is a shipped model, with or without its ending', () => {
  expect(resolveModel('footfall-person', folder)).toBe(SHIPPED);
  expect(resolveModel('footfall-person.onnx', folder)).toBe(SHIPPED);
  expect(resolveModel('footfall-person@12345678', folder)).toBe(SHIPPED);
});

test('a name with its digits is that file in the folder, also when it is not there yet', () => {
  expect(resolveModel('shop@12345678', folder)).toBe(join(folder, 'shop@12345678.onnx'));
});

test('a bare name that is not shipped is the newest of its files in the folder', () => {
  for (const [digits, seconds] of [
    ['11111111', 100],
    ['22222222', 300],
    ['33333333', 200],
  ] as const) {
    const path = join(folder, `shop@${digits}.onnx`);
    writeFileSync(path, '');
    utimesSync(path, seconds, seconds);
  }
  writeFileSync(join(folder, 'shop-2@44444444.onnx'), '');
  expect(resolveModel('shop', folder)).toBe(join(folder, 'shop@22222222.onnx'));
  expect(resolveModel('shop-3', folder)).toBe(join(folder, 'shop-3.onnx'));
  expect(resolveModel('shop-3', join(folder, 'missing'))).toBe(join(folder, 'missing', 'shop-3.onnx'));
});

test('an absolute path is itself', () => {
  expect(resolveModel('/srv/models/shop.onnx', folder)).toBe('/srv/models/shop.onnx');
});

test.each(['../secrets', 'models/shop.onnx', './shop', '', 'a b', 'shop@1', 'a@b@c', '@12345678'])(
  'the relative path "%s" is refused',
  (model) => {
    expect(() => resolveModel(model, folder)).toThrow(expect.objectContaining({ code: 'input.invalid' }));
  },
);
