import * as v from 'valibot';
import { count } from './fact-fields.ts';
import { cameraIdSchema } from './ids.ts';

/** Why a message was refused, with what that means for whoever has to decide about it. */
export const DEAD_LETTER_REASONS = {
  'bad-subject': 'Its subject is not one that facts are spoken on.',
  'too-large': 'Its body is larger than any fact.',
  'not-json': 'Its body is not JSON.',
  'unknown-version': 'It is written in a version that this installation does not know. Update it, then replay.',
  'unknown-type': 'It is of a type that this installation does not know. Update it, then replay.',
  invalid: 'What it says is not what its type demands.',
  mismatch: 'Its subject, its id and its content do not belong together.',
  unstorable: 'The database refused it. Replay it once the cause is gone.',
  fenced: 'Its lease did not own that time: another worker counted it. Normal where a camera changed hands.',
} as const;

export type DeadLetterReason = keyof typeof DEAD_LETTER_REASONS;
export const deadLetterReasonSchema = v.picklist(Object.keys(DEAD_LETTER_REASONS) as DeadLetterReason[]);

/** No fact comes near this; a larger body is refused unread. */
export const MAX_FACT_BYTES = 65_536;
/** Of a body that is too large, this much is kept. */
export const KEPT_HEAD_BYTES = 4_096;

export const deadLetterIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{24}$/, 'must be 24 hex digits'));

/** What the dead-letter stream holds: a refused message as it came, and why it was refused. */
export const deadLetterSchema = v.object({
  /** A digest of the message and the id it was published under: the same message twice is one letter. */
  id: deadLetterIdSchema,
  reason: deadLetterReasonSchema,
  detail: v.string(),
  rejectedAtMs: v.number(),
  /** null where its subject names none. */
  camera: v.nullable(cameraIdSchema),
  /** As it was published. */
  subject: v.string(),
  messageId: v.nullable(v.string()),
  /** Of the original body. */
  sizeBytes: count,
  /** The original body in base64; of one that is too large its head only. */
  body: v.pipe(v.string(), v.base64(), v.maxLength(Math.ceil(MAX_FACT_BYTES / 3) * 4)),
  isWhole: v.boolean(),
  /** The letter whose replay this is. */
  replayOf: v.nullable(deadLetterIdSchema),
});
export type DeadLetter = v.InferOutput<typeof deadLetterSchema>;

/** What somebody decided about a letter. */
export const deadLetterFateSchema = v.picklist(['waiting', 'replayed', 'discarded']);
export type DeadLetterFate = v.InferOutput<typeof deadLetterFateSchema>;

/** What became of a replay: taken now, held until its lease is known, or refused again, which made a letter of its own. */
export type ReplayOutcome = 'stored' | 'held' | 'refused';

/** A letter as people get it to see, without its body. */
export interface DeadLetterView extends Omit<DeadLetter, 'body'> {
  readonly fate: DeadLetterFate;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  /** Of the last replay; null: none, or the projector has not got to it yet. */
  readonly replayOutcome: ReplayOutcome | null;
}

/** How many letters of a reason nobody has decided about yet. */
export interface WaitingLetters {
  readonly reason: DeadLetterReason;
  readonly letters: number;
}

/** What became of a replay. `letter`: the new one of a message that was refused again. */
export type ReplayResult =
  | { readonly outcome: 'stored' | 'held' | 'on-its-way' }
  | { readonly outcome: 'refused'; readonly letter: DeadLetterView };

export interface Replay {
  /** The letter that was replayed. */
  readonly letter: string;
  /** Another for each replay. */
  readonly replay: string;
}

/**
 * The message id of a replay: one the stream has not seen, or it would drop the message as a repeat. It ends in the id the
 * message had first, which names its place in a lease.
 */
export function replayMessageId({ letter, replay }: Replay, original: string | null): string {
  return `replay.${letter}.${replay}.${original ?? ''}`;
}

/** Takes it apart; null: the message is no replay. */
export function parseReplayId(messageId: string | null): (Replay & { readonly original: string | null }) | null {
  const [, letter, replay, original] = /^replay\.([0-9a-f]{24})\.([0-9a-f]{16})\.(.*)$/s.exec(messageId ?? '') ?? [];
  if (letter === undefined || replay === undefined) return null;
  return { letter, replay, original: original === undefined || original === '' ? null : original };
}
