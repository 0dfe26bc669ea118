import { describe, expect, test } from 'vitest';
import type { Line, Point, Zone } from '#protocol/geometry.ts';
import { openDrafts, place, present, select, startPlacing, undoStep, type Drafts } from './drafts.ts';
import { pointsOf } from './drawing.ts';
import { abandon, press, pull, release, type Grip } from './gesture.ts';

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
const PICTURE: Grip = { kind: 'picture' };
const open = (): Drafts => openDrafts({ lines: [line], zones: [zone] });

/** Presses at the first of the places, pulls over the others and lets go at the last. */
function dragged(drafts: Drafts, grip: Grip, [from = [0, 0], ...to]: Point[]): Drafts {
  let held = press(drafts, grip, from, 1, []);
  for (const point of to) held = pull(held.drafts, held.gesture, point);
  return release(held.drafts, held.gesture, to.at(-1) ?? from, to.length === 0, []);
}

describe('with something drawn', () => {
  test('a point that is taken beside its middle does not jump', () => {
    const drafts = dragged(open(), { kind: 'point', index: 0 }, [
      [0.22, 0.51],
      [0.32, 0.41],
    ]);
    expect(pointsOf(present(drafts), DOOR)[0]).toEqual([0.3, 0.4]);
  });

  test('a whole drag is one step back', () => {
    const drafts = dragged(open(), { kind: 'shape', shape: TILL }, [
      [0.4, 0.5],
      [0.5, 0.5],
      [0.6, 0.6],
    ]);
    expect(pointsOf(present(drafts), TILL)[0]).toEqual([0.4, 0.3]);
    expect(pointsOf(present(undoStep(drafts)), TILL)).toEqual(zone.polygon);
  });

  test('a tap on another shape selects it, a tap beside all selects none; neither changes a point', () => {
    const tapped = dragged(open(), { kind: 'shape', shape: TILL }, [[0.4, 0.5]]);
    expect(tapped.selected).toEqual(TILL);
    expect(dragged(tapped, PICTURE, [[0.9, 0.9]]).selected).toBeNull();
    expect(tapped.history.past).toEqual([]);
  });

  test('a side that is pulled becomes a corner under the finger, in one step back', () => {
    const drafts = dragged(select(open(), TILL), { kind: 'side', index: 1 }, [
      [0.6, 0.5],
      [0.7, 0.5],
      [0.9, 0.55],
    ]);
    expect(pointsOf(present(drafts), TILL)).toHaveLength(5);
    expect(pointsOf(present(drafts), TILL)[2]).toEqual([0.9, 0.55]);
    expect(drafts.point).toBe(2);
    expect(pointsOf(present(undoStep(drafts)), TILL)).toEqual(zone.polygon);
  });

  test('a side that is tapped gets its corner in the middle', () => {
    const drafts = dragged(select(open(), TILL), { kind: 'side', index: 0 }, [[0.41, 0.2]]);
    expect(pointsOf(present(drafts), TILL)[1]).toEqual([0.4, 0.2]);
  });
});

describe('while a line is drawn', () => {
  const begun = (): Drafts => startPlacing(openDrafts({ lines: [], zones: [] }), 'line');

  test('one pull draws it', () => {
    const drafts = dragged(begun(), PICTURE, [
      [0.1, 0.5],
      [0.5, 0.6],
      [0.9, 0.7],
    ]);
    expect(present(drafts).lines[0]).toMatchObject({ p1: [0.1, 0.5], p2: [0.9, 0.7] });
  });

  test('two taps draw it', () => {
    const first = dragged(begun(), PICTURE, [[0.1, 0.5]]);
    expect(first.placing?.points).toEqual([[0.1, 0.5]]);
    expect(present(dragged(first, PICTURE, [[0.9, 0.7]])).lines[0]).toMatchObject({ p1: [0.1, 0.5], p2: [0.9, 0.7] });
  });

  test('its second end lies where the finger leaves the picture, not where it touched it', () => {
    const first = dragged(begun(), PICTURE, [[0.1, 0.5]]);
    const drafts = dragged(first, PICTURE, [
      [0.5, 0.5],
      [0.8, 0.6],
    ]);
    expect(present(drafts).lines[0]?.p2).toEqual([0.8, 0.6]);
  });

  test('taken away by the system, nothing is left of it', () => {
    const { drafts, gesture } = press(begun(), PICTURE, [0.1, 0.5], 1, []);
    expect(abandon(drafts, gesture).placing).toBeNull();
  });
});

test('a zone is finished by a tap on its first corner', () => {
  let drafts = startPlacing(open(), 'zone');
  const corners: Point[] = [
    [0.1, 0.1],
    [0.5, 0.1],
    [0.5, 0.5],
  ];
  for (const corner of corners) drafts = dragged(drafts, PICTURE, [corner]);
  expect(drafts.placing?.points).toEqual(corners);
  expect(present(dragged(drafts, { kind: 'first' }, [[0.1, 0.1]])).zones.at(-1)?.polygon).toEqual(corners);
  expect(present(place(drafts, [0.2, 0.9], [])).zones).toHaveLength(1);
});
