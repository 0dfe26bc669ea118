import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { contentTypeIs, readText } from '#web/lib/server/body.ts';
import { answer, problem } from '#web/lib/server/problem.ts';
import { AppError } from '#protocol/errors.ts';
import { whepAnswerSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';

const MAX_OFFER_BYTES = 64 * 1024;
const OFFER_TIMEOUT_MS = 8_000;

/** WHEP (draft-ietf-wish-whep), HTTP side: the offer goes to the worker that holds the camera, its answer comes back. */
export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    if (!contentTypeIs(request, 'application/sdp')) {
      return problem(new AppError('input.invalid', 'send the offer as application/sdp'), {}, 415);
    }
    const offerSdp = await readText(request, MAX_OFFER_BYTES);
    const { viewerId, answerSdp, iceTag } = await backend().bus.request(
      subjects.whepOffer(params.camera),
      { offerSdp },
      whepAnswerSchema,
      OFFER_TIMEOUT_MS,
    );
    return new Response(answerSdp, {
      status: 201,
      headers: {
        'content-type': 'application/sdp',
        location: `/whep/${params.camera}/${viewerId}`,
        ...(iceTag === undefined ? {} : { etag: `"${iceTag}"` }),
        'accept-patch': 'application/trickle-ice-sdpfrag',
        'cache-control': 'no-store',
      },
    });
  });

export const OPTIONS: RequestHandler = () =>
  new Response(null, { status: 204, headers: { allow: 'POST, OPTIONS', 'accept-post': 'application/sdp' } });
