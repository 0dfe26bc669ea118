import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { deciderOf } from '#web/lib/server/dead-letter-query.ts';
import { answer } from '#web/lib/server/problem.ts';

export const POST: RequestHandler = ({ params, getClientAddress }) =>
  answer(async () => json(await backend().deadLetters.replay(params.id, deciderOf(getClientAddress()))));
