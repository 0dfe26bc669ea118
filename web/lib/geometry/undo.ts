/** A value with its past. Changes of one step (a drag, a word being typed) are undone as one. */
export interface Undoable<T> {
  readonly past: readonly T[];
  readonly present: T;
  readonly future: readonly T[];
  /** Names the step that is going on; null: the next change begins a new one. */
  readonly step: string | null;
}

const MAX_STEPS = 100;

export function undoable<T>(present: T): Undoable<T> {
  return { past: [], present, future: [], step: null };
}

/** `step` null: a change of its own. A step of the same name as the last one goes on with it. */
export function changeTo<T>(history: Undoable<T>, present: T, step: string | null): Undoable<T> {
  if (step !== null && step === history.step) return { ...history, present };
  return { past: [...history.past, history.present].slice(-MAX_STEPS), present, future: [], step };
}

/** The step has ended: a change of the same name is a new one. */
export function endStep<T>(history: Undoable<T>): Undoable<T> {
  return history.step === null ? history : { ...history, step: null };
}

export function undo<T>({ past, present, future }: Undoable<T>): Undoable<T> {
  const before = past.at(-1);
  if (before === undefined) return { past, present, future, step: null };
  return { past: past.slice(0, -1), present: before, future: [present, ...future], step: null };
}

export function redo<T>({ past, present, future }: Undoable<T>): Undoable<T> {
  const [after, ...rest] = future;
  if (after === undefined) return { past, present, future, step: null };
  return { past: [...past, present], present: after, future: rest, step: null };
}
