import fc from 'fast-check';
import { expect, test } from 'vitest';
import { advance } from './watermark.ts';

test('the watermark stops before the first gap and goes on when it is filled', () => {
  expect(advance(0, [1, 2, 4])).toEqual({ watermark: 2, ahead: [4] });
  expect(advance(2, [4, 3])).toEqual({ watermark: 4, ahead: [] });
  expect(advance(4, [2, 3])).toEqual({ watermark: 4, ahead: [] });
});

test('in whatever order and however often facts settle, the watermark ends at the last', () => {
  fc.assert(
    fc.property(
      fc.nat({ max: 30 }),
      fc.infiniteStream(fc.nat()),
      fc.integer({ min: 1, max: 7 }),
      (last, random, size) => {
        const order = Array.from({ length: last }, (_, i) => i + 1).sort(
          () => ((random.next().value as number) % 3) - 1,
        );
        let state = { watermark: 0, ahead: [] as number[] };
        const arrivals = [...order, ...order.slice(0, 5)];
        for (let i = 0; i < arrivals.length; i += size) {
          state = advance(state.watermark, [...state.ahead, ...arrivals.slice(i, i + size)]);
        }
        expect(state).toEqual({ watermark: last, ahead: [] });
      },
    ),
  );
});
