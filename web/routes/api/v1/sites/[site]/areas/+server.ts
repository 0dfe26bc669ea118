import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { newAreaSchema } from '#protocol/sites.ts';

export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const site = await backend().sites.addArea(params.site, await readJson(request, newAreaSchema));
    return json({ site }, { status: 201 });
  });
