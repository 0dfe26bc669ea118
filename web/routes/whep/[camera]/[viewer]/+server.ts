import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { contentTypeIs, readText } from '#web/lib/server/body.ts';
import { entityTagsOf } from '#web/lib/server/entity-tags.ts';
import { answer, problem } from '#web/lib/server/problem.ts';
import { askCamera, describeResource, FRAGMENT_TYPE, methodNotAllowed, noContent } from '#web/lib/server/whep.ts';
import { emptyResultSchema } from '#protocol/commands.ts';
import { AppError } from '#protocol/errors.ts';
import { whepPatchedSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';

const MAX_FRAGMENT_BYTES = 16 * 1024;
const TIMEOUT_MS = 5_000;
const ALLOW = 'GET, PATCH, DELETE, OPTIONS';

/** Candidates: 204. New credentials: ICE restarts, and the relay's new half comes back under a new ETag. */
export const PATCH: RequestHandler = ({ request, params }) =>
  answer(async () => {
    if (!contentTypeIs(request, FRAGMENT_TYPE)) {
      return problem(new AppError('input.invalid', `send candidates as ${FRAGMENT_TYPE}`), {}, 415);
    }
    const viewerId = viewerIdOf(params.viewer);
    const fragment = await readText(request, MAX_FRAGMENT_BYTES);
    const message = { viewerId, fragment, iceTags: entityTagsOf(request.headers.get('if-match')) };
    const { restarted } = await askCamera(params.camera, subjects.whepPatch, message, whepPatchedSchema, TIMEOUT_MS);
    if (restarted === null) return new Response(null, { status: 204 });
    return new Response(restarted.fragment, {
      headers: { 'content-type': FRAGMENT_TYPE, etag: `"${restarted.iceTag}"`, 'cache-control': 'no-store' },
    });
  });

export const DELETE: RequestHandler = ({ params }) =>
  answer(async () => {
    const viewerId = viewerIdOf(params.viewer);
    await askCamera(params.camera, subjects.whepClose, { viewerId }, emptyResultSchema, TIMEOUT_MS);
    backend().viewing.admission.ended(viewerId);
    return new Response(null, { status: 200 });
  });

export const GET: RequestHandler = () => noContent();

export const OPTIONS: RequestHandler = ({ request }) =>
  describeResource(request, { allow: ALLOW, 'accept-patch': FRAGMENT_TYPE });

export const fallback: RequestHandler = () => methodNotAllowed(ALLOW);

function viewerIdOf(text: string): string {
  if (/^[0-9a-f]{32}$/.test(text)) return text;
  throw new AppError('relay.viewer-not-found', 'there is no such viewer');
}
