import { expect, test } from 'vitest';
import { resolveModel } from './resolve.ts';

test('no model is the shipped default', () => {
  expect(resolveModel(null)).toBe(`${import.meta.dirname}/footfall-person.onnx`);
});

test('a bare name is a shipped model, with or without its ending', () => {
  expect(resolveModel('shop-2')).toBe(`${import.meta.dirname}/shop-2.onnx`);
  expect(resolveModel('shop-2.onnx')).toBe(`${import.meta.dirname}/shop-2.onnx`);
});

test('an absolute path is itself', () => {
  expect(resolveModel('/srv/models/shop.onnx')).toBe('/srv/models/shop.onnx');
});

test.each(['../secrets', 'models/shop.onnx', './shop', '', 'a b'])('the relative path "%s" is refused', (model) => {
  expect(() => resolveModel(model)).toThrow(expect.objectContaining({ code: 'input.invalid' }));
});
