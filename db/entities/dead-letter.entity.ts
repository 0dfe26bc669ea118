import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { DeadLetterFate, DeadLetterReason, ReplayOutcome } from '#protocol/dead-letters.ts';

/** A refused message as it came. */
export const DeadLetterEntity = defineEntity({
  name: 'DeadLetter',
  tableName: 'dead_letters',
  properties: {
    id: p.text().primary(),
    reason: p.text().$type<DeadLetterReason>(),
    detail: p.text(),
    rejectedAt: p.datetime(),
    camera: p.text().nullable(),
    subject: p.text(),
    messageId: p.text().nullable(),
    /** Of the original; `body` is its head only where it is not whole. */
    sizeBytes: p.integer(),
    body: p.blob().lazy(),
    isWhole: p.boolean(),
    /** The letter whose replay this is. */
    replayOf: p.text().nullable(),
    fate: p.text().$type<DeadLetterFate>(),
    decidedBy: p.text().nullable(),
    decidedAt: p.datetime().nullable(),
    /** Names the last replay. */
    replay: p.text().nullable(),
    /** null: the projector has not got to it yet. */
    replayOutcome: p.text().$type<ReplayOutcome>().nullable(),
    /** null: not in the dead-letter stream yet. */
    copiedAt: p.datetime().nullable(),
  },
});
export type DeadLetterRow = InferEntity<typeof DeadLetterEntity>;
