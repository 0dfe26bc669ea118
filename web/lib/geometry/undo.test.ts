import { expect, test } from 'vitest';
import { changeTo, endStep, redo, undo, undoable } from './undo.ts';

test('undone and redone, the value is what it was before and after', () => {
  const changed = changeTo(changeTo(undoable('a'), 'b', null), 'c', null);
  expect(undo(changed).present).toBe('b');
  expect(undo(undo(changed)).present).toBe('a');
  expect(redo(undo(undo(changed))).present).toBe('b');
  expect(undo(undo(undo(changed))).present).toBe('a');
  expect(redo(changed).present).toBe('c');
});

test('changes of one step are undone as one, until the step ends', () => {
  const drag = changeTo(changeTo(undoable(0), 1, 'drag'), 2, 'drag');
  expect(undo(drag).present).toBe(0);
  expect(undo(changeTo(endStep(drag), 3, 'drag')).present).toBe(2);
});

test('what was undone is gone once something else is done', () => {
  const other = changeTo(undo(changeTo(undoable('a'), 'b', null)), 'c', null);
  expect(redo(other).present).toBe('c');
});

test('an undone step is not gone on with', () => {
  const again = changeTo(undo(changeTo(undoable(0), 1, 'name')), 2, 'name');
  expect(undo(again).present).toBe(0);
});

test('no more than a hundred steps are kept', () => {
  let history = undoable(0);
  for (let n = 1; n <= 300; n++) history = changeTo(history, n, null);
  expect(history.past).toHaveLength(100);
  expect(history.past[0]).toBe(200);
});
