import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { emptyResultSchema } from '#protocol/commands.ts';
import { subjects } from '#protocol/subjects.ts';

const TIMEOUT_MS = 5_000;

export const POST: RequestHandler = ({ params }) =>
  answer(async () => {
    await backend().bus.request(subjects.restartCamera(params.id), {}, emptyResultSchema, TIMEOUT_MS);
    return new Response(null, { status: 204 });
  });
