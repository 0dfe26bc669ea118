import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { dayOf } from '#web/lib/server/site-query.ts';
import { localDay } from '#protocol/site-time.ts';
import { newDoorSchema } from '#protocol/sites.ts';

/** The site's doors, and what each and its twin counted on `?day=` of the site, today when absent. */
export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const { timeZone, doors } = await backend().sites.byId(params.site);
    const day = dayOf(url, 'day') ?? localDay(timeZone, Date.now());
    return json({ day, doors, checks: await backend().sites.doorChecks(params.site, day) });
  });

export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const site = await backend().sites.addDoor(params.site, await readJson(request, newDoorSchema));
    return json({ site }, { status: 201 });
  });
