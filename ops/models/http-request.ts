import http from 'node:http';
import https from 'node:https';
import type { Readable } from 'node:stream';
import { AppError } from '#protocol/errors.ts';

const MAX_REDIRECTS = 5;
/** No byte for this long: the connection is dead. */
const SILENCE_MS = 30_000;

export interface FileBody {
  readonly body: Readable;
  /** Where in the file the body begins: what was asked for, or 0 when the server sends all of it. */
  readonly startsAtByte: number;
}

/**
 * GET from a byte on, through the proxy that the environment names (Node's own support), over redirects. Rejects with
 * setup.missing, and with a retryable error when the same request may succeed later.
 */
export async function requestFile(url: string, fromByte: number, proxyEnv: NodeJS.ProcessEnv): Promise<FileBody> {
  let at = parseUrl(url);
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects += 1) {
    const response = await get(at, fromByte, proxyEnv);
    const { statusCode = 0, headers } = response;
    if (statusCode === 200) return { body: response, startsAtByte: 0 };
    if (statusCode === 206 && headers['content-range']?.startsWith(`bytes ${String(fromByte)}-`) === true)
      return { body: response, startsAtByte: fromByte };
    response.destroy();
    // Not this byte of this file: from the beginning.
    if (statusCode === 206 || statusCode === 416) {
      if (fromByte === 0) break;
      return requestFile(url, 0, proxyEnv);
    }
    if (statusCode < 300 || statusCode >= 400 || headers.location === undefined) throw refused(at, statusCode);
    const next = parseUrl(new URL(headers.location, at).href);
    if (at.protocol === 'https:' && next.protocol !== 'https:')
      throw new AppError('setup.missing', `${at.host} sends on to ${next.host} without encryption: not followed`);
    at = next;
  }
  throw new AppError('setup.missing', `${at.host} does not come to a file`);
}

function get(url: URL, fromByte: number, proxyEnv: NodeJS.ProcessEnv): Promise<http.IncomingMessage> {
  const { request, Agent } = url.protocol === 'https:' ? https : http;
  const headers = {
    'user-agent': 'footfall',
    'accept-encoding': 'identity',
    ...(fromByte === 0 ? {} : { range: `bytes=${String(fromByte)}-` }),
  };
  return new Promise((resolve, reject) => {
    try {
      const agent = new Agent({ proxyEnv });
      const sent = request(url, { agent, headers, timeout: SILENCE_MS }, resolve);
      sent.on('timeout', () => {
        sent.destroy(new Error(`nothing came for ${String(SILENCE_MS / 1000)} s`));
      });
      sent.on('error', (cause) => {
        reject(unreachable(url, cause));
      });
      sent.end();
    } catch (cause) {
      reject(unreachable(url, cause instanceof Error ? cause : new Error(String(cause))));
    }
  });
}

function parseUrl(text: string): URL {
  const url = URL.parse(text);
  if (url !== null && (url.protocol === 'https:' || url.protocol === 'http:')) return url;
  throw new AppError('input.invalid', `${text} is no http or https address`);
}

/** Names that do not resolve and proxies that refuse stay so; a connection that broke may come back. */
function unreachable(url: URL, cause: NodeJS.ErrnoException): AppError {
  const mayPass =
    ['ECONNRESET', 'EPIPE', 'ETIMEDOUT'].includes(cause.code ?? '') || cause.message.startsWith('nothing came');
  const message = `${url.host} cannot be reached (${cause.message})`;
  return new AppError(mayPass ? 'internal' : 'setup.missing', message, { cause });
}

function refused(url: URL, statusCode: number): AppError {
  const mayPass = statusCode === 429 || statusCode >= 500;
  const message = `${url.host} answered with status ${String(statusCode)}`;
  return new AppError(mayPass ? 'internal' : 'setup.missing', message);
}
