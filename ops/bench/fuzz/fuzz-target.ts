import { AppError } from '#protocol/errors.ts';

/** One input, cut where its format is: lines, packets, messages. Mutations move pieces about before they touch bytes. */
export type Pieces = readonly Buffer[];

export interface FuzzTarget {
  readonly name: string;
  /** Inputs as they really come, and those that once did harm. */
  readonly corpus: readonly Pieces[];
  /** Inputs of one thing over and over, which once took too long; run as they are. */
  readonly floods?: readonly Pieces[];
  /** What the format gives a meaning to; put in anywhere. */
  readonly dictionary: readonly Buffer[];
  readonly maxBytes: number;
  /** Begins a run. What it returns takes one input after the other and may keep state over them, as a connection does. */
  open(): FuzzRunner;
}

/** Throws when the input did harm: an error other than the declared one, or a result that promises too much. */
export type FuzzRunner = (pieces: Pieces) => 'taken' | 'refused';

/** For what may refuse its input, but only with an AppError whose code begins like this. */
export function refusingWith(codePrefix: string, run: () => void): 'taken' | 'refused' {
  try {
    run();
    return 'taken';
  } catch (error) {
    if (error instanceof AppError && error.code.startsWith(codePrefix)) return 'refused';
    throw error;
  }
}

/** `bytes` over and over, up to a size. */
export function floodOf(bytes: Buffer, sizeBytes: number): Buffer {
  return Buffer.alloc(Math.floor(sizeBytes / bytes.length) * bytes.length, bytes);
}

/** Throws, with what was promised, when it does not hold. */
export function promise(isKept: boolean, what: string): void {
  if (!isKept) throw new Error(`broken promise: ${what}`);
}
