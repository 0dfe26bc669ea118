import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** With its body: as it came (base64), and in words. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () => json(await backend().deadLetters.byId(params.id)));
