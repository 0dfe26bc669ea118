import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { contentTypeIs, readText } from '#web/lib/server/body.ts';
import { entityTagsOf } from '#web/lib/server/entity-tags.ts';
import { answer, problem } from '#web/lib/server/problem.ts';
import { emptyResultSchema } from '#protocol/commands.ts';
import { AppError } from '#protocol/errors.ts';
import { whepPatchedSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';

const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';
const MAX_FRAGMENT_BYTES = 16 * 1024;
const TIMEOUT_MS = 5_000;

/** Candidates: 204. New credentials: ICE restarts, and the relay's new half comes back under a new ETag. */
export const PATCH: RequestHandler = ({ request, params }) =>
  answer(async () => {
    if (!contentTypeIs(request, FRAGMENT_TYPE)) {
      return problem(new AppError('input.invalid', `send candidates as ${FRAGMENT_TYPE}`), {}, 415);
    }
    const viewerId = viewerIdOf(params.viewer);
    const fragment = await readText(request, MAX_FRAGMENT_BYTES);
    const message = { viewerId, fragment, iceTags: entityTagsOf(request.headers.get('if-match')) };
    const { restarted } = await backend().bus.request(
      subjects.whepPatch(params.camera),
      message,
      whepPatchedSchema,
      TIMEOUT_MS,
    );
    if (restarted === null) return new Response(null, { status: 204 });
    return new Response(restarted.fragment, {
      headers: { 'content-type': FRAGMENT_TYPE, etag: `"${restarted.iceTag}"`, 'cache-control': 'no-store' },
    });
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
    headers: { allow: 'PATCH, DELETE, OPTIONS', 'accept-patch': FRAGMENT_TYPE },
  });

function viewerIdOf(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new AppError('relay.viewer-not-found', 'there is no such viewer');
}
