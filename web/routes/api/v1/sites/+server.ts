import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { newSiteSchema } from '#protocol/sites.ts';

export const GET: RequestHandler = () => answer(async () => json({ sites: await backend().sites.list() }));

export const POST: RequestHandler = ({ request }) =>
  answer(async () => {
    const site = await backend().sites.create(await readJson(request, newSiteSchema));
    return json({ site }, { status: 201, headers: { location: `/api/v1/sites/${site.id}` } });
  });
