import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';

export const GET: RequestHandler = ({ params }) =>
  answer(async () => json({ camera: await backend().cameras.byId(params.id) }));

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => {
    await backend().cameras.delete(params.id);
    return new Response(null, { status: 204 });
  });
