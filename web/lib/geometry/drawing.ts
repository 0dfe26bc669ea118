import type { Anchor, Line, Point, Zone } from '#protocol/geometry.ts';
import { tokenFromName } from '#protocol/ids.ts';

/** Everything drawn on one camera's picture. */
export interface Drawing {
  readonly lines: readonly Line[];
  readonly zones: readonly Zone[];
}

export type ShapeKind = 'line' | 'zone';

export interface ShapeRef {
  readonly kind: ShapeKind;
  readonly id: string;
}

/** What the server takes. */
export const MAX_SHAPES = 16;
export const MAX_CORNERS = 64;
export const MIN_CORNERS = 3;

/** The drawing alone: a camera's view carries much more. */
export function drawingOf({ lines, zones }: Drawing): Drawing {
  return { lines, zones };
}

export function isSameDrawing(a: Drawing, b: Drawing): boolean {
  return textOf(drawingOf(a)) === textOf(drawingOf(b));
}

/** The same text for the same values, in whatever order their members came. */
function textOf(drawing: Drawing): string {
  return JSON.stringify(drawing, (_, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1)))
      : value,
  );
}

export function refsOf({ lines, zones }: Drawing): ShapeRef[] {
  return [
    ...lines.map(({ id }): ShapeRef => ({ kind: 'line', id })),
    ...zones.map(({ id }): ShapeRef => ({ kind: 'zone', id })),
  ];
}

export function isSameShape(a: ShapeRef | null, b: ShapeRef | null): boolean {
  return a?.kind === b?.kind && a?.id === b?.id;
}

export function lineOf({ lines }: Drawing, ref: ShapeRef | null): Line | null {
  return ref?.kind === 'line' ? (lines.find(({ id }) => id === ref.id) ?? null) : null;
}

export function zoneOf({ zones }: Drawing, ref: ShapeRef | null): Zone | null {
  return ref?.kind === 'zone' ? (zones.find(({ id }) => id === ref.id) ?? null) : null;
}

export function nameOf(drawing: Drawing, ref: ShapeRef): string {
  return (lineOf(drawing, ref) ?? zoneOf(drawing, ref))?.name ?? '';
}

/** A line's two ends or a zone's corners in order; empty when there is no such shape. */
export function pointsOf(drawing: Drawing, ref: ShapeRef | null): readonly Point[] {
  const line = lineOf(drawing, ref);
  return line === null ? (zoneOf(drawing, ref)?.polygon ?? []) : [line.p1, line.p2];
}

export function withPoints(drawing: Drawing, ref: ShapeRef, points: readonly Point[]): Drawing {
  const [p1, p2] = points;
  if (ref.kind === 'zone') return changed(drawing, ref, { polygon: [...points] });
  return p1 === undefined || p2 === undefined ? drawing : changed(drawing, ref, { p1, p2 });
}

export function renamed(drawing: Drawing, ref: ShapeRef, name: string): Drawing {
  return changed(drawing, ref, { name });
}

/** How a shape counts; undefined goes back to what is usual. */
export interface ShapeSettings {
  readonly anchor?: Anchor;
  readonly reentryMs?: number | undefined;
  readonly isQueue?: boolean | undefined;
  readonly overPeople?: number | undefined;
  readonly underPeople?: number | undefined;
}

export function configured(drawing: Drawing, ref: ShapeRef, settings: ShapeSettings): Drawing {
  return changed(drawing, ref, settings);
}

export function without(drawing: Drawing, ref: ShapeRef): Drawing {
  return {
    lines: drawing.lines.filter(({ id }) => ref.kind !== 'line' || id !== ref.id),
    zones: drawing.zones.filter(({ id }) => ref.kind !== 'zone' || id !== ref.id),
  };
}

/** Adds a line or zone under the next free name. `taken`: ids that have counts, whose meaning must not change. */
export function withNew(
  drawing: Drawing,
  kind: ShapeKind,
  points: readonly Point[],
  taken: readonly string[],
): { drawing: Drawing; ref: ShapeRef } {
  const word = kind === 'line' ? 'Line' : 'Zone';
  const used = new Set([...taken, ...refsOf(drawing).map(({ id }) => id)]);
  const names = new Set([...drawing.lines, ...drawing.zones].map(({ name }) => name));
  let n = 1;
  while (names.has(`${word} ${String(n)}`) || used.has(tokenFromName(`${word} ${String(n)}`))) n++;
  const name = `${word} ${String(n)}`;
  const id = tokenFromName(name);
  const [p1, p2] = points;
  if (kind === 'zone') {
    return {
      drawing: { ...drawing, zones: [...drawing.zones, { id, name, polygon: [...points] }] },
      ref: { kind, id },
    };
  }
  if (p1 === undefined || p2 === undefined) throw new RangeError('a line has two ends');
  return {
    drawing: { ...drawing, lines: [...drawing.lines, { id, name, p1, p2, anchor: 'foot' }] },
    ref: { kind, id },
  };
}

/** Changes some members of one shape and keeps all others, those this page does not know too. */
function changed(drawing: Drawing, ref: ShapeRef, change: object): Drawing {
  const given = ([, value]: [string, unknown]): boolean => value !== undefined;
  const put = <T extends { id: string }>(shapes: readonly T[]): T[] =>
    shapes.map((shape) =>
      shape.id === ref.id ? (Object.fromEntries(Object.entries({ ...shape, ...change }).filter(given)) as T) : shape,
    );
  return ref.kind === 'line' ? { ...drawing, lines: put(drawing.lines) } : { ...drawing, zones: put(drawing.zones) };
}
