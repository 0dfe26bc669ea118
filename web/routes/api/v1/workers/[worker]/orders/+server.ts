import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { workerOrdersSchema } from '#protocol/workers.ts';

/** Replaces what was ordered of the worker before. It hears of it within a moment, or when it is back. */
export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const { workers, log } = backend();
    const orders = await readJson(request, workerOrdersSchema);
    await workers.order(params.worker, orders);
    log.info({ worker: params.worker, ...orders }, 'a worker was ordered anew');
    return json({ worker: params.worker, orders });
  });
