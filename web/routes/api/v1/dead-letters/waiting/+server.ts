import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** How many letters nobody has decided about yet, by reason. */
export const GET: RequestHandler = () => answer(async () => json({ waiting: await backend().deadLetters.waiting() }));
