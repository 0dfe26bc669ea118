import { DEMO_MODEL, modelRef } from '#protocol/models.ts';
import type { Database } from '../database.ts';
import { AiModelEntity } from '../entities/model.entity.ts';
import { exactModel, loadModelRefs } from '../model-refs.ts';

/** A model that a camera can be set to, by `ref` or by `name` (its newest file). */
export interface ModelView {
  /** `NAME@12345678`; the shipped model's is its name. */
  readonly ref: string;
  readonly name: string;
  readonly isShipped: boolean;
  /** What cameras run on that name no model. */
  readonly isActive: boolean;
  /** What is known of a file that was added; null for the shipped one, which its card describes. */
  readonly file: {
    readonly sha256: string;
    readonly version: string;
    readonly format: string;
    readonly widthPx: number;
    readonly heightPx: number;
    readonly sizeBytes: number;
    readonly licence: string;
    readonly source: string | null;
    /** Average precision at IoU 0.5, 0..1. */
    readonly ap50: number | null;
    readonly measuredOn: string | null;
    readonly addedAtMs: number;
  } | null;
}

/** The shipped one first, then those added, the newest first. */
export async function models(database: Database): Promise<ModelView[]> {
  const rows = await database.read((em) =>
    em.find(AiModelEntity, {}, { orderBy: { addedAt: 'desc', sha256: 'desc' } }),
  );
  const isActive = !rows.some((row) => row.isActive);
  return [
    { ref: DEMO_MODEL, name: DEMO_MODEL, isShipped: true, isActive, file: null },
    ...rows.map(({ name, isActive: active, addedAt, ...file }): ModelView => ({
      ref: modelRef(name, file.sha256),
      name,
      isShipped: false,
      isActive: active,
      file: {
        sha256: file.sha256,
        version: file.version,
        format: file.format,
        widthPx: file.widthPx,
        heightPx: file.heightPx,
        sizeBytes: file.sizeBytes,
        licence: file.licence,
        source: file.source ?? null,
        ap50: file.ap50 ?? null,
        measuredOn: file.measuredOn ?? null,
        addedAtMs: addedAt.getTime(),
      },
    })),
  ];
}

/** The exact model a camera with this setting is to run on. Ask isDemoModel whether that is the shipped one. */
export async function modelForSetting(database: Database, model: string | null): Promise<string> {
  const refs = await database.read((em) => loadModelRefs(em));
  return exactModel(refs, model) ?? DEMO_MODEL;
}
