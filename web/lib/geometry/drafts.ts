import type { Point } from '#protocol/geometry.ts';
import {
  configured,
  drawingOf,
  isSameShape,
  lineOf,
  MAX_CORNERS,
  MAX_SHAPES,
  MIN_CORNERS,
  pointsOf,
  refsOf,
  renamed,
  without,
  withNew,
  withPoints,
  type Drawing,
  type ShapeKind,
  type ShapeRef,
  type ShapeSettings,
} from './drawing.ts';
import { SHORTEST_LINE } from './faults.ts';
import { distance, insidePicture, middleOf, movedTogether } from './points.ts';
import { longestSideOf, sidesOf } from './polygon.ts';
import { changeTo, endStep, redo, undo, undoable, type Undoable } from './undo.ts';

/** A shape of which some points are set and the next is awaited. */
export interface Placing {
  readonly kind: ShapeKind;
  readonly points: readonly Point[];
}

/** A camera's lines and zones while somebody edits them: every step is a function from drafts to drafts. */
export interface Drafts {
  readonly history: Undoable<Drawing>;
  readonly selected: ShapeRef | null;
  /** Number of the selected shape's point that was touched last. */
  readonly point: number | null;
  readonly placing: Placing | null;
}

export function openDrafts(drawing: Drawing): Drafts {
  const [first = null] = refsOf(drawing);
  return { history: undoable(drawingOf(drawing)), selected: first, point: null, placing: null };
}

export function present(drafts: Drafts): Drawing {
  return drafts.history.present;
}

/** The shape that is edited; null while a new one is drawn. */
export function editedShape({ selected, placing }: Drafts): ShapeRef | null {
  return placing === null ? selected : null;
}

export function select(drafts: Drafts, selected: ShapeRef | null, point: number | null = null): Drafts {
  return { ...drafts, selected, point, history: endStep(drafts.history) };
}

export function hasRoom(drafts: Drafts, kind: ShapeKind): boolean {
  const { lines, zones } = present(drafts);
  return (kind === 'line' ? lines : zones).length < MAX_SHAPES;
}

export function startPlacing(drafts: Drafts, kind: ShapeKind): Drafts {
  return { ...drafts, placing: { kind, points: [] }, point: null, history: endStep(drafts.history) };
}

export function cancelPlacing(drafts: Drafts): Drafts {
  return { ...drafts, placing: null };
}

/** Takes back the point that was set last. */
export function unplace(drafts: Drafts): Drafts {
  const { placing } = drafts;
  return placing === null ? drafts : { ...drafts, placing: { ...placing, points: placing.points.slice(0, -1) } };
}

/** Sets the next point. A line is there with its second, a zone with `finishPlacing`; a point upon the last one is a slip. */
export function place(drafts: Drafts, at: Point, taken: readonly string[]): Drafts {
  const { placing } = drafts;
  if (placing === null || placing.points.length >= MAX_CORNERS) return drafts;
  const point = insidePicture(at[0], at[1]);
  const last = placing.points.at(-1);
  if (last !== undefined && distance(last, point) < SHORTEST_LINE) return drafts;
  const points = [...placing.points, point];
  const placed = { ...drafts, placing: { ...placing, points } };
  return placing.kind === 'line' && points.length === 2 ? added(placed, taken) : placed;
}

export function canFinish({ placing }: Drafts): boolean {
  return placing?.kind === 'zone' && placing.points.length >= MIN_CORNERS;
}

export function finishPlacing(drafts: Drafts, taken: readonly string[]): Drafts {
  return canFinish(drafts) ? added(drafts, taken) : drafts;
}

/** `step` binds the moves of one drag or of one walk with the arrow keys together. */
export function movePoint(drafts: Drafts, index: number, to: Point, step: string): Drafts {
  return withSelected({ ...drafts, point: index }, step, (points) =>
    points.map((point, i) => (i === index ? insidePicture(to[0], to[1]) : point)),
  );
}

/** Puts the whole shape where `from` were, moved by so much; it stops at the picture's border. */
export function moveShape(drafts: Drafts, from: readonly Point[], dx: number, dy: number, step: string): Drafts {
  return withSelected(drafts, step, () => movedTogether(from, dx, dy));
}

/** One more corner on a side, in its middle unless told; on the longest side unless told. */
export function addCorner(drafts: Drafts, side?: number, at?: Point, step: string | null = null): Drafts {
  const points = pointsOf(present(drafts), drafts.selected);
  if (drafts.selected?.kind !== 'zone' || points.length >= MAX_CORNERS) return drafts;
  const after = side ?? longestSideOf(points);
  const ends = sidesOf(points)[after];
  if (ends === undefined) return drafts;
  const corner = at === undefined ? middleOf(ends[0], ends[1]) : insidePicture(at[0], at[1]);
  return withSelected({ ...drafts, point: after + 1 }, step, () => points.toSpliced(after + 1, 0, corner));
}

export function canRemoveCorner(drafts: Drafts): boolean {
  const corners = pointsOf(present(drafts), drafts.selected).length;
  return drafts.selected?.kind === 'zone' && drafts.point !== null && corners > MIN_CORNERS;
}

/** Removes the corner that was touched last. */
export function removeCorner(drafts: Drafts): Drafts {
  const { point } = drafts;
  if (point === null || !canRemoveCorner(drafts)) return drafts;
  return withSelected({ ...drafts, point: null }, null, (points) => points.toSpliced(point, 1));
}

/** `in` becomes the other way. */
export function flip(drafts: Drafts): Drafts {
  if (lineOf(present(drafts), drafts.selected) === null) return drafts;
  return withSelected(drafts, null, (points) => points.toReversed());
}

export function rename(drafts: Drafts, name: string): Drafts {
  const { selected } = drafts;
  if (selected === null) return drafts;
  return changed(drafts, renamed(present(drafts), selected, name), `name ${selected.kind} ${selected.id}`);
}

/** Each setting that is being typed is one step back. */
export function configure(drafts: Drafts, settings: ShapeSettings): Drafts {
  const { selected } = drafts;
  if (selected === null) return drafts;
  const step = `${Object.keys(settings).join(' ')} ${selected.kind} ${selected.id}`;
  return changed(drafts, configured(present(drafts), selected, settings), step);
}

export function remove(drafts: Drafts): Drafts {
  const { selected } = drafts;
  if (selected === null) return drafts;
  const left = without(present(drafts), selected);
  return { ...changed(drafts, left, null), selected: refsOf(left)[0] ?? null, point: null };
}

/** A drag, a walk with the arrow keys or a word has ended. */
export function settle(drafts: Drafts): Drafts {
  return { ...drafts, history: endStep(drafts.history) };
}

export function undoStep(drafts: Drafts): Drafts {
  return revised(drafts, undo(drafts.history));
}

export function redoStep(drafts: Drafts): Drafts {
  return revised(drafts, redo(drafts.history));
}

/** Another drawing in place of this one; undo brings this one back. */
export function replaceBy(drafts: Drafts, drawing: Drawing): Drafts {
  return revised(drafts, changeTo(drafts.history, drawingOf(drawing), null));
}

/** As it will be stored. */
export function finished(drafts: Drafts): Drawing {
  const { lines, zones } = present(drafts);
  const trimmed = <T extends { name: string }>(shape: T): T => ({ ...shape, name: shape.name.trim() });
  return { lines: lines.map(trimmed), zones: zones.map(trimmed) };
}

function added(drafts: Drafts, taken: readonly string[]): Drafts {
  const { placing } = drafts;
  if (placing === null) return drafts;
  const { drawing, ref } = withNew(present(drafts), placing.kind, placing.points, taken);
  return { ...changed(drafts, drawing, null), selected: ref, point: null, placing: null };
}

function changed(drafts: Drafts, drawing: Drawing, step: string | null): Drafts {
  return { ...drafts, history: changeTo(drafts.history, drawing, step) };
}

function withSelected(
  drafts: Drafts,
  step: string | null,
  change: (points: readonly Point[]) => readonly Point[],
): Drafts {
  const drawing = present(drafts);
  if (drafts.selected === null) return drafts;
  const points = change(pointsOf(drawing, drafts.selected));
  return changed(drafts, withPoints(drawing, drafts.selected, points), step);
}

/** After a step through the history: what came back is selected, what went is not. */
function revised(drafts: Drafts, history: Drafts['history']): Drafts {
  const known = refsOf(present(drafts));
  const refs = refsOf(history.present);
  const back = refs.find((ref) => !known.some((other) => isSameShape(ref, other)));
  const kept = refs.find((ref) => isSameShape(ref, drafts.selected));
  return { ...drafts, history, selected: back ?? kept ?? refs[0] ?? null, point: null };
}
