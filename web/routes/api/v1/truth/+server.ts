import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { newTruthSchema } from '#protocol/truth.ts';

/** All truths, newest time first, or those of one camera. */
export const GET: RequestHandler = ({ url }) =>
  answer(async () => json({ truths: await backend().truths.list(url.searchParams.get('camera')) }));

export const POST: RequestHandler = ({ request }) =>
  answer(async () => {
    const truth = await backend().truths.create(await readJson(request, newTruthSchema));
    return json({ truth }, { status: 201, headers: { location: `/api/v1/truth/${truth.id}` } });
  });
