import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { contentTypeIs, readText } from '#web/lib/server/body.ts';
import { answer, problem } from '#web/lib/server/problem.ts';
import { userKeyOf } from '#web/lib/server/user-key.ts';
import {
  askCamera,
  describeResource,
  FRAGMENT_TYPE,
  methodNotAllowed,
  noContent,
  OFFER_TYPE,
  withIceServers,
} from '#web/lib/server/whep.ts';
import { AppError } from '#protocol/errors.ts';
import { whepAnswerSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';

const MAX_OFFER_BYTES = 64 * 1024;
const OFFER_TIMEOUT_MS = 8_000;
const ALLOW = 'GET, POST, OPTIONS';

/** WHEP (draft-ietf-wish-whep), HTTP side: the offer goes to the worker that holds the camera, its answer comes back. */
export const POST: RequestHandler = ({ request, params, getClientAddress }) =>
  answer(async () => {
    if (!contentTypeIs(request, OFFER_TYPE)) {
      return problem(new AppError('input.invalid', `send the offer as ${OFFER_TYPE}`), {}, 415);
    }
    const offerSdp = await readText(request, MAX_OFFER_BYTES);
    const { camera } = params;
    const { viewerId, answerSdp, iceTag } = await backend().viewing.admission.admit(
      userKeyOf(getClientAddress()),
      camera,
      () => askCamera(camera, subjects.whepOffer, { offerSdp }, whepAnswerSchema, OFFER_TIMEOUT_MS),
    );
    const headers = new Headers({
      'content-type': OFFER_TYPE,
      location: `/whep/${camera}/${viewerId}`,
      ...(iceTag === undefined ? {} : { etag: `"${iceTag}"` }),
      'accept-patch': FRAGMENT_TYPE,
      'cache-control': 'no-store',
    });
    return new Response(answerSdp, { status: 201, headers: withIceServers(headers) });
  });

export const GET: RequestHandler = () => noContent();

export const OPTIONS: RequestHandler = ({ request }) =>
  describeResource(request, { allow: ALLOW, 'accept-post': OFFER_TYPE });

export const fallback: RequestHandler = () => methodNotAllowed(ALLOW);
