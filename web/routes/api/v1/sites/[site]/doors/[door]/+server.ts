import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { newDoorSchema } from '#protocol/sites.ts';

/** The door as a whole, from now on. */
export const PUT: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const door = await readJson(request, newDoorSchema);
    return json({ site: await backend().sites.changeDoor(params.site, params.door, door) });
  });

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => json({ site: await backend().sites.removeDoor(params.site, params.door) }));
