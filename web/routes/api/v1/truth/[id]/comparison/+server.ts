import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { revisionOf } from '#web/lib/server/truth-query.ts';

/** What was counted in the truth's time, held against it: facts that come later change the answer. */
export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const comparison = await backend().truths.compare(params.id, revisionOf(url));
    return json({ comparison }, { headers: { 'cache-control': 'no-store' } });
  });
