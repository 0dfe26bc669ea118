import type { DeadLetter, DeadLetterReason } from '#protocol/dead-letters.ts';
import type { DeadLetterFate, DeadLetterRow, ReplayOutcome } from './entities/dead-letter.entity.ts';

/** A letter as people get it to see, without its body. */
export interface DeadLetterView {
  readonly id: string;
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly rejectedAtMs: number;
  readonly camera: string | null;
  readonly subject: string;
  readonly messageId: string | null;
  readonly sizeBytes: number;
  /** Else only the head of its body was kept, and it cannot be replayed. */
  readonly isWhole: boolean;
  readonly replayOf: string | null;
  readonly fate: DeadLetterFate;
  readonly decidedBy: string | null;
  readonly decidedAtMs: number | null;
  /** Of the last replay; null: none, or the projector has not got to it yet. */
  readonly replayOutcome: ReplayOutcome | null;
}

export function viewOf(row: DeadLetterRow): DeadLetterView {
  const { id, reason, detail, rejectedAt, subject, sizeBytes, isWhole, fate } = row;
  return {
    ...{ id, reason, detail, rejectedAtMs: rejectedAt.getTime(), subject, sizeBytes, isWhole, fate },
    camera: row.camera ?? null,
    messageId: row.messageId ?? null,
    replayOf: row.replayOf ?? null,
    decidedBy: row.decidedBy ?? null,
    decidedAtMs: row.decidedAt?.getTime() ?? null,
    replayOutcome: row.replayOutcome ?? null,
  };
}

/** As the dead-letter stream holds it; the row's body was loaded. */
export function messageOf(row: DeadLetterRow): DeadLetter {
  const { id, reason, detail, rejectedAtMs, camera, subject, messageId, sizeBytes, isWhole, replayOf } = viewOf(row);
  const body = Buffer.from(row.body ?? []).toString('base64');
  return { id, reason, detail, rejectedAtMs, camera, subject, messageId, sizeBytes, body, isWhole, replayOf };
}
