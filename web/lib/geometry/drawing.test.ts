import { expect, test } from 'vitest';
import type { Line } from '#protocol/geometry.ts';
import { isSameDrawing, withPoints } from './drawing.ts';

const line: Line = { id: 'door', name: 'Door', p1: [0.2, 0.5], p2: [0.8, 0.5], anchor: 'foot' };
const drawing = { lines: [line], zones: [] };

test('a drawing is the same however its members are ordered, and whatever else comes with it', () => {
  const { id, ...rest } = line;
  const camera = { id: 'hall', revision: 7, zones: [], lines: [{ ...rest, id }] };
  expect(isSameDrawing(drawing, camera)).toBe(true);
});

test('a drawing is another one when a point moved or its lines changed places', () => {
  const moved = withPoints(drawing, { kind: 'line', id: 'door' }, [line.p1, [0.8, 0.51]]);
  expect(isSameDrawing(drawing, moved)).toBe(false);
  const second = { ...line, id: 'gate' };
  expect(isSameDrawing({ lines: [line, second], zones: [] }, { lines: [second, line], zones: [] })).toBe(false);
});

test('a line is not changed by fewer than two points', () => {
  expect(withPoints(drawing, { kind: 'line', id: 'door' }, [line.p1])).toBe(drawing);
});
