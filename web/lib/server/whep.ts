import type * as v from 'valibot';
import { toAppError, AppError } from '#protocol/errors.ts';
import { TOKEN_PATTERN } from '#protocol/ids.ts';
import { backend } from './backend.ts';
import { isPreflight } from './cross-origin.ts';
import { iceServerLinks } from './ice-servers.ts';
import { problem } from './problem.ts';

export const OFFER_TYPE = 'application/sdp';
export const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** Asks the worker that holds the camera. Rejects with camera.not-found where no worker could. */
export async function askCamera<S extends v.GenericSchema>(
  camera: string,
  subjectOf: (camera: string) => string,
  message: unknown,
  schema: S,
  timeoutMs: number,
): Promise<v.InferOutput<S>> {
  const notFound = new AppError('camera.not-found', `there is no camera ${camera}`);
  if (!TOKEN_PATTERN.test(camera)) throw notFound;
  const { bus, hub } = backend();
  try {
    return await bus.request(subjectOf(camera), message, schema, timeoutMs);
  } catch (thrown) {
    const error = toAppError(thrown);
    const isKnown = hub.cameras().some(({ id }) => id === camera);
    throw error.code === 'bus.unavailable' && bus.connected && !isKnown ? notFound : error;
  }
}

/** `Link` headers with the STUN and TURN servers, if any are set. */
export function withIceServers(headers: Headers): Headers {
  for (const link of iceServerLinks(backend().viewing.iceServers, Date.now())) headers.append('link', link);
  return headers;
}

/**
 * What a WHEP resource says to OPTIONS. A player that asks by itself is told the STUN and TURN servers, as some must know
 * them before they make their offer (RFC 9725 section 4.6); a preflight is not.
 */
export function describeResource(request: Request, described: Readonly<Record<string, string>>): Response {
  const headers = new Headers(described);
  return new Response(null, { status: 200, headers: isPreflight(request) ? headers : withIceServers(headers) });
}

/** WHEP's resources have no representation: GET says so (draft-ietf-wish-whep section 4.1). */
export function noContent(): Response {
  return new Response(null, { status: 204, headers: { 'cache-control': 'no-store' } });
}

export function methodNotAllowed(allow: string): Response {
  const response = problem(new AppError('input.invalid', `this address takes ${allow}`), {}, 405);
  response.headers.set('allow', allow);
  return response;
}
