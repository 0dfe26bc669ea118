import { expect, test } from 'vitest';
import { answerOf } from './answer.ts';

const PROMISED = { name: 'boxes', type: 'float32', shape: ['n', 'found', 4] };
const data = new Float32Array(8);

test('an answer in a promised shape is taken, whatever the graph left open', () => {
  expect(answerOf({ type: 'float32', shape: [1, 2, 4], data }, PROMISED, 'shop@12345678')).toEqual({
    data,
    shape: [1, 2, 4],
  });
  expect(answerOf({ type: 'float32', shape: [2, 4], data }, { ...PROMISED, shape: [] }, 'shop@12345678').data).toBe(
    data,
  );
});

test.each([
  ['another length', { type: 'float32', shape: [1, 1, 8], data }],
  ['another rank', { type: 'float32', shape: [2, 4], data }],
  ['another type', { type: 'int64', shape: [1, 2, 4], data: new BigInt64Array(8) }],
])('an answer of %s is refused with what was promised and what came', (_, output) => {
  const found = `${output.type} [${output.shape.join(', ')}]`;
  expect(() => answerOf(output, PROMISED, 'shop@12345678')).toThrow(
    `model shop@12345678 cannot be used: its output "boxes" is ${found} where its graph promised float32 [n, found, 4]`,
  );
});
