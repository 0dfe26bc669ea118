import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { RtspRequest } from './rtsp-request.ts';

export type AuthScheme = 'basic' | 'digest-md5' | 'digest-sha-256';

export interface Login {
  readonly username: string;
  readonly password: string;
  /** Offered in this order, one WWW-Authenticate header each. */
  readonly schemes: readonly AuthScheme[];
  /** Offer qop="auth" (RFC 7616). Many cameras still answer in the older way without. */
  readonly offersQop?: boolean;
  readonly realm?: string;
}

export type LoginVerdict = 'accepted' | 'missing' | 'refused' | 'stale';

export const NONCE_LIFETIME_MS = 300_000;

/** Checks logins (RFC 7616, RFC 7617 as RTSP uses them). Nonces carry their own time and proof: nothing is kept per client. */
export class RtspAuthenticator {
  readonly #login: Login;
  readonly #secret = randomBytes(32);
  readonly #nowMs: () => number;

  constructor(login: Login, nowMs: () => number) {
    this.#login = login;
    this.#nowMs = nowMs;
  }

  /** Values of the WWW-Authenticate headers. */
  challenges(isStale: boolean): string[] {
    const realm = this.#realm;
    const nonce = this.#makeNonce(Math.floor(this.#nowMs()));
    const ending = `${this.#login.offersQop === true ? ', qop="auth"' : ''}${isStale ? ', stale=true' : ''}`;
    return this.#login.schemes.map((scheme) => {
      if (scheme === 'basic') return `Basic realm="${realm}"`;
      const algorithm = scheme === 'digest-sha-256' ? 'SHA-256' : 'MD5';
      return `Digest realm="${realm}", nonce="${nonce}", algorithm=${algorithm}${ending}`;
    });
  }

  check(request: RtspRequest): LoginVerdict {
    const header = request.headers.get('authorization');
    if (header === undefined) return 'missing';
    const [, scheme = '', rest = ''] = /^(\S+) +(.+)$/.exec(header) ?? [];
    if (scheme.toLowerCase() === 'basic') return this.#checkBasic(rest);
    if (scheme.toLowerCase() === 'digest') return this.#checkDigest(rest, request);
    return 'refused';
  }

  get #realm(): string {
    return this.#login.realm ?? 'Simulated camera';
  }

  #checkBasic(encoded: string): LoginVerdict {
    if (!this.#login.schemes.includes('basic')) return 'refused';
    const given = Buffer.from(encoded.trim(), 'base64');
    const expected = Buffer.from(`${this.#login.username}:${this.#login.password}`);
    return isSame(given, expected) ? 'accepted' : 'refused';
  }

  #checkDigest(rest: string, request: RtspRequest): LoginVerdict {
    const fields = readFields(rest);
    if (fields === null) return 'refused';
    const algorithm = (fields.get('algorithm') ?? 'MD5').toUpperCase();
    const hashName = algorithm === 'SHA-256' ? 'sha256' : 'md5';
    const scheme: AuthScheme = algorithm === 'SHA-256' ? 'digest-sha-256' : 'digest-md5';
    if (algorithm !== 'MD5' && algorithm !== 'SHA-256') return 'refused';
    if (!this.#login.schemes.includes(scheme)) return 'refused';
    if (fields.get('username') !== this.#login.username || fields.get('realm') !== this.#realm) return 'refused';
    const nonce = fields.get('nonce') ?? '';
    const madeAtMs = this.#readNonce(nonce);
    if (madeAtMs === null) return 'refused';
    const expected = digestResponse(hashName, {
      username: this.#login.username,
      realm: this.#realm,
      password: this.#login.password,
      method: request.method,
      uri: request.uri,
      nonce,
      qop: qopOf(fields),
    });
    if (!isSame(Buffer.from(fields.get('response') ?? ''), Buffer.from(expected))) return 'refused';
    return this.#nowMs() - madeAtMs > NONCE_LIFETIME_MS ? 'stale' : 'accepted';
  }

  #makeNonce(atMs: number): string {
    const time = atMs.toString(16);
    return `${time}-${createHmac('sha256', this.#secret).update(time).digest('hex').slice(0, 32)}`;
  }

  /** When it was made, or null if it was not made here. */
  #readNonce(nonce: string): number | null {
    const time = /^([0-9a-f]{1,13})-/.exec(nonce)?.[1];
    if (time === undefined) return null;
    const atMs = Number.parseInt(time, 16);
    return isSame(Buffer.from(nonce), Buffer.from(this.#makeNonce(atMs))) ? atMs : null;
  }
}

interface Qop {
  readonly nonceCount: string;
  readonly clientNonce: string;
}

function qopOf(fields: ReadonlyMap<string, string>): Qop | null {
  if (fields.get('qop') !== 'auth') return null;
  return { nonceCount: fields.get('nc') ?? '', clientNonce: fields.get('cnonce') ?? '' };
}

/** `response` of RFC 7616 section 3.4.1, or of RFC 2069 when there is no qop. */
function digestResponse(
  hashName: 'md5' | 'sha256',
  parts: Record<'username' | 'realm' | 'password' | 'method' | 'uri' | 'nonce', string> & { readonly qop: Qop | null },
): string {
  const hash = (text: string): string => createHash(hashName).update(text).digest('hex');
  const user = hash(`${parts.username}:${parts.realm}:${parts.password}`);
  const request = hash(`${parts.method}:${parts.uri}`);
  if (parts.qop === null) return hash(`${user}:${parts.nonce}:${request}`);
  return hash(`${user}:${parts.nonce}:${parts.qop.nonceCount}:${parts.qop.clientNonce}:auth:${request}`);
}

const FIELD = /^[ \t]*([a-z][a-z0-9-]*)=(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))[ \t]*(?:,|$)/i;

/** `key="value", key=value ...`; null when it does not follow the grammar or repeats a key. */
function readFields(text: string): Map<string, string> | null {
  const fields = new Map<string, string>();
  let rest = text;
  while (rest.trim() !== '') {
    const match = FIELD.exec(rest);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || fields.has(name)) return null;
    fields.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
    rest = rest.slice(match[0].length);
  }
  return fields;
}

function isSame(given: Buffer, expected: Buffer): boolean {
  const digest = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
