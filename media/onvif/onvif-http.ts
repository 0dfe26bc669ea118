import { AppError } from '#protocol/errors.ts';
import type { Credentials } from '../ingest/ingest.port.ts';
import { RtspAuthenticator } from '../ingest/rtsp.auth.ts';

const ANSWER_WITHIN_MS = 5_000;
const MAX_ANSWER_BYTES = 256 * 1024;

/**
 * Posts SOAP to one camera. Answers HTTP Digest challenges; never sends the password in clear, follows no redirect and reads
 * no more than 256 KiB. Rejects with camera.unreachable, camera.refused-login, camera.refused-request.
 */
export class OnvifHttp {
  readonly #authenticator: RtspAuthenticator;

  constructor(credentials: Credentials | null) {
    this.#authenticator = new RtspAuthenticator(credentials);
  }

  async post(url: URL, body: string): Promise<string> {
    let response = await this.#send(url, body);
    if (response.status === 401) {
      const challenges = (response.headers.get('www-authenticate') ?? '').split(/,\s*(?=Digest|Basic)/i);
      const digests = challenges.filter((challenge) => /^digest/i.test(challenge));
      await response.body?.cancel();
      if (!this.#authenticator.challenged(digests)) {
        throw new AppError('camera.refused-login', `the ONVIF service at ${url.host} refused the login`);
      }
      response = await this.#send(url, body);
    }
    const text = await readBounded(response);
    if (response.ok) {
      this.#authenticator.accepted();
      return text;
    }
    const code =
      /NotAuthorized/.test(text) || response.status === 401 ? 'camera.refused-login' : 'camera.refused-request';
    throw new AppError(code, `the ONVIF service at ${url.host} answered with status ${String(response.status)}`);
  }

  async #send(url: URL, body: string): Promise<Response> {
    const authorization = this.#authenticator.authorization('POST', url.pathname + url.search);
    try {
      return await fetch(url, {
        method: 'POST',
        headers: {
          'content-type': 'application/soap+xml; charset=utf-8',
          ...(authorization === null ? {} : { authorization }),
        },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
    } catch (cause) {
      throw new AppError('camera.unreachable', `the ONVIF service at ${url.host} does not answer`, { cause });
    }
  }
}

async function readBounded(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      bytes += chunk.byteLength;
      if (bytes > MAX_ANSWER_BYTES) throw new AppError('camera.protocol-violation', 'an ONVIF answer is too large');
      chunks.push(chunk);
    }
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('camera.closed-connection', 'an ONVIF answer broke off', { cause });
  }
  return Buffer.concat(chunks).toString('utf8');
}
