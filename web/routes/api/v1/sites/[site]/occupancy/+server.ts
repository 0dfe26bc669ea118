import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** People inside now: the whole site first, then its areas. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () =>
    json(
      { areas: await backend().sites.occupancy(params.site, Date.now()) },
      { headers: { 'cache-control': 'no-store' } },
    ),
  );
