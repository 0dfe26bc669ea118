import { expect, test, vi } from 'vitest';
import { BoxListeners } from './box-listeners.ts';

test('a camera is asked for once however many pictures of it there are, and no longer after the last', () => {
  const changed = vi.fn();
  const listeners = new BoxListeners(changed);
  const endFirst = listeners.add('hall', vi.fn());
  const endSecond = listeners.add('hall', vi.fn());
  expect(listeners.cameras).toEqual(['hall']);
  endFirst();
  expect(changed).toHaveBeenCalledTimes(1);
  endSecond();
  endSecond();
  expect(changed).toHaveBeenCalledTimes(2);
  expect(listeners.cameras).toEqual([]);
});

test('boxes reach those who watch that camera only', () => {
  const listeners = new BoxListeners(vi.fn());
  const hall = vi.fn();
  const door = vi.fn();
  listeners.add('hall', hall);
  listeners.add('door', door);
  const boxes = { camera: 'hall', run: 1, ticks90k: 1, sentAtMs: 1, tracks: [] };
  listeners.tell(boxes);
  expect(hall).toHaveBeenCalledWith(boxes);
  expect(door).not.toHaveBeenCalled();
});
