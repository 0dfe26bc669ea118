import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { revisionOf } from '#web/lib/server/truth-query.ts';
import { markEventsSchema } from '#protocol/truth.ts';

export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const { revision, events } = await backend().truths.byId(params.id, revisionOf(url));
    return json({ revision, events });
  });

/** All of them or none. */
export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const { revision, events } = await backend().truths.mark(params.id, await readJson(request, markEventsSchema));
    return json({ revision, events }, { status: 201 });
  });
