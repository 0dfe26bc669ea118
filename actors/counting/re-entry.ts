import type { LineCrossing } from './line-event.ts';

/** A crossing of a line with a `reentryMs`, which counts unless the same person comes back in time. */
export interface HeldCrossing {
  readonly dueAtMs: number;
  readonly crossing: LineCrossing;
}

/** There and back in time: neither is held any longer. Anything else waits. */
export function holdBack(
  held: readonly HeldCrossing[],
  crossing: LineCrossing,
  reentryMs: number,
): { held: readonly HeldCrossing[]; undone: readonly LineCrossing[] } {
  const there = held.find(
    (one) =>
      one.crossing.trackId === crossing.trackId &&
      one.crossing.line === crossing.line &&
      one.crossing.direction !== crossing.direction &&
      crossing.crossedAtMs <= one.dueAtMs,
  );
  if (there !== undefined) return { held: held.filter((one) => one !== there), undone: [there.crossing, crossing] };
  const dueAtMs = crossing.crossedAtMs + reentryMs;
  return { held: [...held, { dueAtMs, crossing }], undone: [] };
}

/** Those for whom nobody came back. */
export function release(
  held: readonly HeldCrossing[],
  untilMs: number,
): { held: readonly HeldCrossing[]; due: readonly LineCrossing[] } {
  const due = held.filter(({ dueAtMs }) => dueAtMs < untilMs).map(({ crossing }) => crossing);
  return { held: due.length === 0 ? held : held.filter(({ dueAtMs }) => dueAtMs >= untilMs), due };
}
