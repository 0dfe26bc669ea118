import type { EntityManager } from '@mikro-orm/postgresql';
import { modelRef } from '#protocol/models.ts';
import { AiModelEntity } from './entities/model.entity.ts';

/** Which exact file a camera's setting stands for at this moment. */
export interface ModelRefs {
  /** null: the shipped model. */
  readonly active: string | null;
  /** The newest file of each name. */
  readonly newest: ReadonlyMap<string, string>;
}

export async function loadModelRefs(em: EntityManager): Promise<ModelRefs> {
  const rows = await em.find(AiModelEntity, {}, { orderBy: { addedAt: 'asc', sha256: 'asc' }, refresh: true });
  const active = rows.find(({ isActive }) => isActive);
  return {
    active: active === undefined ? null : modelRef(active.name, active.sha256),
    newest: new Map(rows.map(({ name, sha256 }) => [name, modelRef(name, sha256)])),
  };
}

/** What a worker is told: no setting is the active model, a bare name its newest file; anything else is itself. */
export function exactModel({ active, newest }: ModelRefs, model: string | null): string | null {
  return model === null ? active : (newest.get(model) ?? model);
}
