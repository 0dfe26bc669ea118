import { distance } from './points.ts';
import { areaOf, crossingSides } from './polygon.ts';
import { MIN_CORNERS, type Drawing, type ShapeRef } from './drawing.ts';

/** Why a drawing cannot be saved, and which shape is to blame. */
export interface Fault {
  readonly shape: ShapeRef;
  readonly message: string;
}

/** Ends of a line that lie nearer than this are a slip of the hand; the server's own limit is 0.01. */
export const SHORTEST_LINE = 0.02;
const SMALLEST_AREA = 0.0005;
const LONGEST_NAME = 60;

/** At most one for each shape: the first thing to put right. */
export function faultsOf({ lines, zones }: Drawing): Fault[] {
  const faults: Fault[] = [];
  for (const { id, name, p1, p2 } of lines) {
    const message =
      nameFault(name, 'line') ??
      (distance(p1, p2) < SHORTEST_LINE ? `The two ends of “${name}” must lie further apart.` : null);
    if (message !== null) faults.push({ shape: { kind: 'line', id }, message });
  }
  for (const { id, name, polygon } of zones) {
    const message = nameFault(name, 'zone') ?? outlineFault(name, polygon);
    if (message !== null) faults.push({ shape: { kind: 'zone', id }, message });
  }
  return faults;
}

function nameFault(name: string, kind: string): string | null {
  if (name.trim() === '') return `Give the ${kind} a name.`;
  return name.trim().length > LONGEST_NAME ? `A name can have at most ${String(LONGEST_NAME)} characters.` : null;
}

function outlineFault(name: string, polygon: Drawing['zones'][number]['polygon']): string | null {
  if (polygon.length < MIN_CORNERS) return `“${name}” needs at least three corners.`;
  if (crossingSides(polygon) !== null) return `The outline of “${name}” crosses itself: drag its corners apart.`;
  return areaOf(polygon) < SMALLEST_AREA ? `“${name}” is too small for anybody to stand in.` : null;
}
