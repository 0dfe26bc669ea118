import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { contentTypeIs, readText } from '#web/lib/server/body.ts';
import { answer, problem } from '#web/lib/server/problem.ts';
import { emptyResultSchema } from '#protocol/commands.ts';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';

const MAX_FRAGMENT_BYTES = 16 * 1024;
const TIMEOUT_MS = 5_000;

export const PATCH: RequestHandler = ({ request, params }) =>
  answer(async () => {
    if (!contentTypeIs(request, 'application/trickle-ice-sdpfrag')) {
      return problem(new AppError('input.invalid', 'send candidates as application/trickle-ice-sdpfrag'), {}, 415);
    }
    const message = { viewerId: viewerIdOf(params.viewer), fragment: await readText(request, MAX_FRAGMENT_BYTES) };
    await backend().bus.request(subjects.whepTrickle(params.camera), message, emptyResultSchema, TIMEOUT_MS);
    return new Response(null, { status: 204 });
  });

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => {
    const message = { viewerId: viewerIdOf(params.viewer) };
    await backend().bus.request(subjects.whepClose(params.camera), message, emptyResultSchema, TIMEOUT_MS);
    return new Response(null, { status: 200 });
  });

export const OPTIONS: RequestHandler = () =>
  new Response(null, {
    status: 204,
    headers: { allow: 'PATCH, DELETE, OPTIONS', 'accept-patch': 'application/trickle-ice-sdpfrag' },
  });

function viewerIdOf(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new AppError('relay.viewer-not-found', 'there is no such viewer');
}
