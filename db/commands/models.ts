import type { EntityManager } from '@mikro-orm/postgresql';
import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { DEMO_MODEL, modelNameSchema, modelRef, parseModelRef } from '#protocol/models.ts';
import type { Database } from '../database.ts';
import { AiModelEntity } from '../entities/model.entity.ts';
import { CAMERAS_CHANNEL } from './cameras.ts';

const text = v.pipe(v.string(), v.trim(), v.minLength(1), v.maxLength(500));
const size = v.pipe(v.number(), v.integer(), v.minValue(1));

export const addModelSchema = v.object({
  name: v.pipe(
    modelNameSchema,
    v.check((name) => name !== DEMO_MODEL, 'is the name of the shipped model: choose another'),
  ),
  sha256: v.pipe(v.string(), v.regex(/^[0-9a-f]{64}$/)),
  version: text,
  format: text,
  widthPx: size,
  heightPx: size,
  sizeBytes: size,
  licence: text,
  source: v.optional(v.nullable(text), null),
  ap50: v.optional(v.nullable(v.pipe(v.number(), v.minValue(0), v.maxValue(1))), null),
  measuredOn: v.optional(v.nullable(text), null),
});
export type AddModel = v.InferInput<typeof addModelSchema>;

/**
 * Makes a checked file known; the same file again only changes what is said of it. Cameras that name the model without
 * digits take its newest file. Returns `NAME@12345678`. Throws input.invalid, also when another file has this version.
 */
export async function addModel(database: Database, input: AddModel): Promise<string> {
  const model = parse(addModelSchema, input);
  const { name, sha256, version } = model;
  await database.write(async (em) => {
    await em.execute('lock table ai_models in share row exclusive mode');
    const [same, ...others] = await em
      .find(AiModelEntity, { name, $or: [{ sha256 }, { version }] })
      .then((rows) => rows.sort((a, b) => Number(b.sha256 === sha256) - Number(a.sha256 === sha256)));
    const taken = same?.sha256 === sha256 ? others[0] : same;
    if (taken !== undefined) {
      const other = modelRef(name, taken.sha256);
      throw new AppError(
        'input.invalid',
        `version ${version} of ${name} is another file, ${other}: give another version`,
      );
    }
    if (same === undefined) em.create(AiModelEntity, { ...model, isActive: false, addedAt: new Date() });
    else Object.assign(same, model);
    await em.flush();
    if (same === undefined) await raiseCameras(em, name);
  });
  return modelRef(name, sha256);
}

/**
 * Makes a model the one of all cameras that name none: the shipped one, the newest file of a name, or exactly
 * `NAME@12345678`. Returns what is active then. Throws model.not-found.
 */
export async function activateModel(database: Database, wanted: string): Promise<string> {
  const ref = parseModelRef(wanted);
  return database.write(async (em) => {
    await em.execute('lock table ai_models in share row exclusive mode');
    const rows = await em.find(AiModelEntity, {}, { orderBy: { addedAt: 'desc', sha256: 'desc' } });
    const isShipped = ref?.name === DEMO_MODEL;
    const chosen = rows.find(
      ({ name, sha256 }) => name === ref?.name && (ref.digest === null || sha256.startsWith(ref.digest)),
    );
    if (chosen === undefined && !isShipped)
      throw new AppError('model.not-found', `there is no model ${wanted}: add or fetch it first`);
    if (chosen?.isActive !== true) {
      const hadActive = rows.some(({ isActive }) => isActive);
      await em.nativeUpdate(AiModelEntity, { isActive: true }, { isActive: false });
      if (chosen !== undefined) {
        const { name, sha256 } = chosen;
        await em.nativeUpdate(AiModelEntity, { name, sha256 }, { isActive: true });
      }
      if (chosen !== undefined || hadActive) await raiseCameras(em, null);
    }
    return chosen === undefined ? DEMO_MODEL : modelRef(chosen.name, chosen.sha256);
  });
}

/** Workers take settings up by their revision, and to the cameras with this setting another file is theirs now. */
async function raiseCameras(em: EntityManager, model: string | null): Promise<void> {
  await em.execute(
    `update cameras set revision = revision + 1, updated_at = now()
     where deleted_at is null and model is not distinct from ?`,
    [model],
  );
  await em.execute(`notify ${CAMERAS_CHANNEL}`);
}
