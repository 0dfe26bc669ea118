import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { AppError } from '#protocol/errors.ts';

const MINUTE_MS = 60_000;
const MAX_MINUTES = 24 * 60;

/** Crossings over the last `minutes` (60 unless told, at most a day) in periods of 5 minutes, and the newest single ones. */
export const GET: RequestHandler = ({ params, url }) =>
  answer(async () => {
    const minutes = Number(url.searchParams.get('minutes') ?? '60');
    if (!Number.isInteger(minutes) || minutes < 5 || minutes > MAX_MINUTES) {
      throw new AppError('input.invalid', `minutes must be a whole number from 5 to ${String(MAX_MINUTES)}`);
    }
    const history = await backend().cameras.history(params.id, Date.now(), 5 * MINUTE_MS, Math.ceil(minutes / 5));
    return json(history, { headers: { 'cache-control': 'no-store' } });
  });
