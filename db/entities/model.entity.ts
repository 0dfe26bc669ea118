import { defineEntity, p, type InferEntity } from '@mikro-orm/core';

/** One file of a model that was brought to this installation. The shipped one is no row: it comes with the code. */
export const AiModelEntity = defineEntity({
  name: 'AiModel',
  tableName: 'ai_models',
  properties: {
    name: p.text().primary(),
    /** 64 hex digits. */
    sha256: p.text().primary(),
    /** Its maker's, or the file's own digits. */
    version: p.text(),
    format: p.text(),
    widthPx: p.integer(),
    heightPx: p.integer(),
    sizeBytes: p.bigint('number'),
    /** SPDX identifier where there is one. */
    licence: p.text(),
    source: p.text().nullable(),
    /** Average precision at IoU 0.5, 0..1, and what it was measured on. */
    ap50: p.float().nullable(),
    measuredOn: p.text().nullable(),
    /** What cameras run on that name no model. At most one row. */
    isActive: p.boolean(),
    addedAt: p.datetime(),
  },
});
export type AiModelRow = InferEntity<typeof AiModelEntity>;
