import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { siteChangesSchema } from '#protocol/sites.ts';

export const GET: RequestHandler = ({ params }) =>
  answer(async () => json({ site: await backend().sites.byId(params.site) }));

export const PATCH: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const changes = await readJson(request, siteChangesSchema);
    return json({ site: await backend().sites.update(params.site, changes) });
  });

/** Its history stays; its cameras count on. */
export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => {
    await backend().sites.delete(params.site);
    return new Response(null, { status: 204 });
  });
