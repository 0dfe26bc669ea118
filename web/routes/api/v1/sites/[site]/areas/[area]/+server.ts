import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { areaChangesSchema } from '#protocol/sites.ts';

export const PATCH: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const changes = await readJson(request, areaChangesSchema);
    return json({ site: await backend().sites.updateArea(params.site, params.area, changes) });
  });

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => json({ site: await backend().sites.deleteArea(params.site, params.area) }));
