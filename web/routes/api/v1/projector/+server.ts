import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** How far what is stored is behind what was counted. */
export const GET: RequestHandler = () => answer(async () => json(await backend().deadLetters.projector()));
