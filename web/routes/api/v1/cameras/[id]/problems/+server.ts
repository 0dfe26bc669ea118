import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

/** What was wrong with the camera's picture and when, newest first; `untilMs` null: it still is, as far as is known. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () => {
    const problems = await backend().cameras.pictureProblems(params.id);
    return json({ problems }, { headers: { 'cache-control': 'no-store' } });
  });
