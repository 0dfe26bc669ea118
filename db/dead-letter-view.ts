import type { DeadLetter, DeadLetterView } from '#protocol/dead-letters.ts';
import type { DeadLetterRow } from './entities/dead-letter.entity.ts';

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
