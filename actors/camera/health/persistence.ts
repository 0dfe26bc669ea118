/** How long something has to be so, without interruption, before it is believed. */
export interface Patience {
  readonly raiseAfterMs: number;
  readonly clearAfterMs: number;
}

/** Whether a problem is held to be there, and how long the pictures have said otherwise. */
export interface Persistence {
  readonly isPresent: boolean;
  /** Since when it is as held, by the pictures' times; null: since before the first. */
  readonly sinceMs: number | null;
  readonly contrary: { readonly fromMs: number; readonly lastMs: number; readonly pictures: number } | null;
}

export const ABSENT: Persistence = { isPresent: false, sinceMs: null, contrary: null };

/** One odd picture, or two, prove nothing. */
const LEAST_PICTURES = 3;
/** Of a still scene only key frames are seen, and they may be this far apart. */
const LONGEST_GAP_MS = 30_000;

/**
 * A picture that cannot tell (null) changes nothing, but a row of contrary pictures does not outlast a long gap.
 */
export function persist(before: Persistence, isSeen: boolean | null, atMs: number, patience: Patience): Persistence {
  if (isSeen === null) return before;
  if (isSeen === before.isPresent) return before.contrary === null ? before : { ...before, contrary: null };
  const neededMs = isSeen ? patience.raiseAfterMs : patience.clearAfterMs;
  const row = before.contrary;
  const goesOn = row !== null && atMs >= row.lastMs && atMs - row.lastMs <= LONGEST_GAP_MS;
  const contrary = goesOn
    ? { fromMs: row.fromMs, lastMs: atMs, pictures: row.pictures + 1 }
    : { fromMs: atMs, lastMs: atMs, pictures: 1 };
  const isBelieved = atMs - contrary.fromMs >= neededMs && contrary.pictures >= LEAST_PICTURES;
  return isBelieved ? { isPresent: isSeen, sinceMs: contrary.fromMs, contrary: null } : { ...before, contrary };
}
