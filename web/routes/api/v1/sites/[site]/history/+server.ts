import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { historyRangeOf } from '#web/lib/server/site-query.ts';

/** `?area=` (the whole site when absent) `&interval=5m|15m|1h|1d&from=&until=`; periods begin by the site's clocks. */
export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const area = url.searchParams.get('area') ?? params.site;
    const periods = await backend().sites.history(params.site, area, historyRangeOf(url, Date.now()));
    return json({ area, periods }, { headers: { 'cache-control': 'no-store' } });
  });
