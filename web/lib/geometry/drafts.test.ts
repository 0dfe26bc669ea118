import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Line, Point, Zone } from '#protocol/geometry.ts';
import {
  addCorner,
  canFinish,
  canRemoveCorner,
  cancelPlacing,
  configure,
  finished,
  finishPlacing,
  flip,
  movePoint,
  moveShape,
  openDrafts,
  place,
  present,
  redoStep,
  remove,
  removeCorner,
  rename,
  replaceBy,
  select,
  settle,
  startPlacing,
  undoStep,
  unplace,
  type Drafts,
} from './drafts.ts';
import { lineOf, pointsOf, zoneOf } from './drawing.ts';
import { hintOf } from './hint.ts';

const line: Line = { id: 'door', name: 'Door', p1: [0.2, 0.5], p2: [0.8, 0.5], anchor: 'foot' };
const zone: Zone = {
  id: 'till',
  name: 'Till',
  polygon: [
    [0.2, 0.2],
    [0.6, 0.2],
    [0.6, 0.8],
    [0.2, 0.8],
  ],
};
const DOOR = { kind: 'line', id: 'door' } as const;
const TILL = { kind: 'zone', id: 'till' } as const;
const NOBODY: readonly string[] = [];
const open = (): Drafts => openDrafts({ lines: [line], zones: [zone] });

function drawn(kind: 'line' | 'zone', points: Point[], taken = NOBODY, from = openDrafts({ lines: [], zones: [] })) {
  return points.reduce((drafts, point) => place(drafts, point, taken), startPlacing(from, kind));
}

describe('drawing a line', () => {
  test('two taps make one, from the first to the second, and select it', () => {
    const drafts = drawn('line', [
      [0.1, 0.6],
      [0.9, 0.7],
    ]);
    expect(present(drafts).lines).toEqual([
      { id: 'line-1', name: 'Line 1', p1: [0.1, 0.6], p2: [0.9, 0.7], anchor: 'foot' },
    ]);
    expect(drafts.selected).toEqual({ kind: 'line', id: 'line-1' });
    expect(drafts.placing).toBeNull();
  });

  test('a second tap on the first is a slip, and a tap outside lies on the border', () => {
    const drafts = drawn('line', [
      [0.5, 0.5],
      [0.505, 0.5],
      [0.5, 1.3],
    ]);
    expect(present(drafts).lines[0]?.p2).toEqual([0.5, 1]);
  });

  test('a new line never takes the id of one that has counts, nor a name in use', () => {
    const drafts = drawn('line', [[0.1, 0.6], [0.9, 0.7]], ['line-1'], openDrafts({ lines: [{ ...line, name: 'Line 2' }], zones: [] })); // prettier-ignore
    expect(present(drafts).lines.map(({ id, name }) => [id, name])).toEqual([
      ['door', 'Line 2'],
      ['line-3', 'Line 3'],
    ]);
  });

  test('given up, it leaves nothing', () => {
    const before = open();
    expect(cancelPlacing(place(startPlacing(before, 'line'), [0.1, 0.1], NOBODY))).toMatchObject({
      placing: null,
      selected: before.selected,
      history: { present: before.history.present, past: [] },
    });
  });
});

describe('drawing a zone', () => {
  test('it is there once it was finished, not with fewer than three corners', () => {
    const two = drawn('zone', [
      [0.1, 0.1],
      [0.9, 0.1],
    ]);
    expect(canFinish(two)).toBe(false);
    expect(finishPlacing(two, NOBODY)).toBe(two);
    const three = finishPlacing(place(two, [0.5, 0.9], NOBODY), NOBODY);
    expect(present(three).zones).toEqual([
      {
        id: 'zone-1',
        name: 'Zone 1',
        polygon: [
          [0.1, 0.1],
          [0.9, 0.1],
          [0.5, 0.9],
        ],
      },
    ]);
  });

  test('its last corner can be taken back', () => {
    const drafts = unplace(drawn('zone', [[0.1, 0.1], [0.9, 0.1]])); // prettier-ignore
    expect(drafts.placing?.points).toEqual([[0.1, 0.1]]);
  });

  test('takes sixty-four corners and no more', () => {
    const corners = Array.from({ length: 80 }, (_, i): Point => [i % 2 === 0 ? 0.1 : 0.9, i / 100]);
    expect(drawn('zone', corners).placing?.points).toHaveLength(64);
  });
});

describe('the one line that says what to do', () => {
  test('follows the drawing', () => {
    const empty = openDrafts({ lines: [], zones: [] });
    expect(hintOf(empty)).toContain('Draw a line');
    expect(hintOf(startPlacing(empty, 'line'))).toBe('Tap where the line begins.');
    expect(hintOf(drawn('line', [[0.1, 0.1]]))).toBe('Tap where the line ends.');
    expect(hintOf(drawn('zone', [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]))).toContain('to finish'); // prettier-ignore
    expect(hintOf(select(open(), TILL))).toContain('corners');
    expect(hintOf(select(open(), null))).toContain('Tap a line');
  });
});

describe('moving', () => {
  test('points stay inside the picture, wherever they are dragged', () => {
    fc.assert(
      fc.property(fc.double({ min: -3, max: 3, noNaN: true }), fc.double({ min: -3, max: 3, noNaN: true }), (x, y) => {
        const drafts = movePoint(open(), 1, [x, y], 'drag');
        for (const value of pointsOf(present(drafts), DOOR).flat()) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(value).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  test('a whole shape keeps its form at the picture’s border', () => {
    const moved = moveShape(select(open(), TILL), zone.polygon, 0.9, -0.1, 'drag');
    expect(pointsOf(present(moved), TILL)).toEqual([
      [0.6, 0.1],
      [1, 0.1],
      [1, 0.7],
      [0.6, 0.7],
    ]);
  });

  test('a drag is one step back, the next drag another', () => {
    let drafts = movePoint(movePoint(open(), 0, [0.3, 0.5], 'drag'), 0, [0.4, 0.5], 'drag');
    drafts = movePoint(settle(drafts), 0, [0.5, 0.5], 'drag');
    expect(lineOf(present(undoStep(drafts)), DOOR)?.p1).toEqual([0.4, 0.5]);
    expect(lineOf(present(undoStep(undoStep(drafts))), DOOR)?.p1).toEqual([0.2, 0.5]);
  });
});

describe('a zone’s corners', () => {
  test('one more comes in the middle of the side that is named, else of the longest', () => {
    const named = addCorner(select(open(), TILL), 0);
    expect(pointsOf(present(named), TILL)[1]).toEqual([0.4, 0.2]);
    expect(named.point).toBe(1);
    expect(pointsOf(present(addCorner(select(open(), TILL))), TILL)[2]).toEqual([0.6, 0.5]);
  });

  test('on the side that closes the outline it comes last', () => {
    const drafts = addCorner(select(open(), TILL), 3);
    expect(pointsOf(present(drafts), TILL)[4]).toEqual([0.2, 0.5]);
  });

  test('the touched one can be removed, down to three', () => {
    const touched = select(open(), TILL, 2);
    const three = removeCorner(touched);
    expect(pointsOf(present(three), TILL)).toEqual([zone.polygon[0], zone.polygon[1], zone.polygon[3]]);
    expect(canRemoveCorner(select(three, TILL, 0))).toBe(false);
    expect(present(removeCorner(select(three, TILL, 0)))).toBe(present(three));
  });

  test('a line has none to add or to remove', () => {
    expect(addCorner(open())).toMatchObject({ history: { past: [] } });
    expect(canRemoveCorner(select(open(), DOOR, 1))).toBe(false);
  });
});

describe('a line', () => {
  test('flipped, it runs the other way and counts the other way; nothing else changes', () => {
    expect(lineOf(present(flip(open())), DOOR)).toEqual({ ...line, p1: line.p2, p2: line.p1 });
  });

  test('keeps members this page does not know', () => {
    const later = { ...line, reentryMs: 5000 };
    const drafts = configure(flip(openDrafts({ lines: [later], zones: [] })), { anchor: 'head' });
    expect(lineOf(present(drafts), DOOR)).toMatchObject({ anchor: 'head', reentryMs: 5000 });
  });
});

test('typing a name is one step back, and the stored name has no spaces around it', () => {
  const drafts = rename(rename(rename(open(), 'D'), 'Do'), ' Do or ');
  expect(lineOf(finished(drafts), DOOR)?.name).toBe('Do or');
  expect(lineOf(present(undoStep(drafts)), DOOR)?.name).toBe('Door');
});

test('a removed shape comes back with undo, selected, and goes again with redo', () => {
  const gone = remove(select(open(), TILL));
  expect(zoneOf(present(gone), TILL)).toBeNull();
  expect(gone.selected).toEqual(DOOR);
  const back = undoStep(gone);
  expect(zoneOf(present(back), TILL)).toEqual(zone);
  expect(back.selected).toEqual(TILL);
  expect(zoneOf(present(redoStep(back)), TILL)).toBeNull();
  expect(redoStep(back).selected).toEqual(DOOR);
});

test('somebody else’s drawing takes the place of this one, and undo brings this one back', () => {
  const mine = flip(open());
  const theirs = { lines: [{ ...line, id: 'gate', name: 'Gate' }], zones: [] };
  const taken = replaceBy(mine, theirs);
  expect(present(taken)).toEqual(theirs);
  expect(taken.selected).toEqual({ kind: 'line', id: 'gate' });
  expect(present(undoStep(taken))).toEqual(present(mine));
});

test('a setting that is taken back is not stored at all', () => {
  const drafts = configure(configure(select(open(), TILL), { isQueue: true, overPeople: 5 }), { isQueue: undefined });
  expect(zoneOf(finished(drafts), TILL)).toStrictEqual({ ...zone, overPeople: 5 });
});
