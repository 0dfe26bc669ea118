import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { placementRequestSchema, placementResultSchema } from '#protocol/advice.ts';
import { subjects } from '#protocol/subjects.ts';

const TIMEOUT_MS = 3_000;

/** What speaks against lines where they lie, kept or only drawn. A question, but it carries a body. */
export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const lines = await readJson(request, placementRequestSchema, 'geometry.out-of-range');
    const subject = subjects.placementAdvice(params.id);
    return json(await backend().bus.request(subject, lines, placementResultSchema, TIMEOUT_MS));
  });
