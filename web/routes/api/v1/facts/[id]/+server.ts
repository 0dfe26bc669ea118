import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** Why one crossing counted, or one near miss did not: the fact with its provenance, and the same in sentences. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () => json(await backend().cameras.explain(params.id), { headers: { 'cache-control': 'no-store' } }));
