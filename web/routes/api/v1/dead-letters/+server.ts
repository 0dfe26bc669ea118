import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { letterQueryOf } from '#web/lib/server/dead-letter-query.ts';
import { answer } from '#web/lib/server/problem.ts';

/** Messages that could not be counted, newest first. */
export const GET: RequestHandler = ({ url }) =>
  answer(async () => {
    const { limit, before, ...filter } = letterQueryOf(url);
    return json({ letters: await backend().deadLetters.list(filter, limit, before) });
  });
