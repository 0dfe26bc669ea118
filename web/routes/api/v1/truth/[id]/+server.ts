import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { markerOf, revisionOf } from '#web/lib/server/truth-query.ts';

export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => json({ truth: await backend().truths.byId(params.id, revisionOf(url)) }));

export const DELETE: RequestHandler = ({ params, url }) =>
  answer(async () => {
    await backend().truths.delete(params.id, markerOf(url));
    return new Response(null, { status: 204 });
  });
