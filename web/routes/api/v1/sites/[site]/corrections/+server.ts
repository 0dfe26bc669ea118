import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { daysOf } from '#web/lib/server/site-query.ts';

/** Drift per day of the site: `?area=` (the whole site when absent) `&from=&until=`, days, both included. */
export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const area = url.searchParams.get('area') ?? params.site;
    const { timeZone } = await backend().sites.byId(params.site);
    const days = daysOf(url, timeZone, Date.now());
    return json({ area, ...(await backend().sites.corrections(params.site, area, days)) });
  });
