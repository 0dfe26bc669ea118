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
  for (const { id, name, p1, p2, reentryMs } of lines) {
    const message =
      nameFault(name, 'line') ??
      (distance(p1, p2) < SHORTEST_LINE ? `The two ends of “${name}” must lie further apart.` : null) ??
      (isWithin(reentryMs ?? 0, 600_000) ? null : `The time to come back to “${name}” can be at most 600 s.`);
    if (message !== null) faults.push({ shape: { kind: 'line', id }, message });
  }
  for (const { id, name, polygon, overPeople, underPeople } of zones) {
    const message =
      nameFault(name, 'zone') ?? outlineFault(name, polygon) ?? limitsFault(name, overPeople, underPeople);
    if (message !== null) faults.push({ shape: { kind: 'zone', id }, message });
  }
  return faults;
}

/** Over five and under three at once is never both; under six and over five would always be told. */
function limitsFault(name: string, over: number | undefined, under: number | undefined): string | null {
  if (![over ?? 0, under ?? 0].every((people) => Number.isInteger(people) && isWithin(people, 1000))) {
    return `How many people are too many or too few in “${name}” must be whole numbers up to 1000.`;
  }
  return over !== undefined && under !== undefined && under > over
    ? `“${name}” cannot be too full with ${String(over)} and too empty with ${String(under)} at once.`
    : null;
}

function isWithin(value: number, most: number): boolean {
  return value >= 0 && value <= most;
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
