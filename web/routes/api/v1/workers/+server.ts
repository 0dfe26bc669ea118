import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { fleetNow } from '#web/lib/server/fleet-now.ts';
import { answer } from '#web/lib/server/problem.ts';

/** The workers, and the cameras that wait for one. */
export const GET: RequestHandler = () =>
  answer(async () => json(await fleetNow(backend()), { headers: { 'cache-control': 'no-store' } }));
