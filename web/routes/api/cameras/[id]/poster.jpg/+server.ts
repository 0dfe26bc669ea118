import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { subjects } from '#protocol/subjects.ts';

const TIMEOUT_MS = 2_000;

/** The newest decoded frame, to show until the video's first. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () => {
    const jpeg = await backend().bus.requestBytes(subjects.poster(params.id), {}, TIMEOUT_MS);
    return new Response(Uint8Array.from(jpeg), {
      headers: { 'content-type': 'image/jpeg', 'cache-control': 'no-store' },
    });
  });
