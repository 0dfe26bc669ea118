import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { deciderOf } from '#web/lib/server/dead-letter-query.ts';
import { answer } from '#web/lib/server/problem.ts';

export const POST: RequestHandler = ({ params, getClientAddress }) =>
  answer(async () => {
    await backend().deadLetters.discard(params.id, deciderOf(getClientAddress()));
    return new Response(null, { status: 204 });
  });
