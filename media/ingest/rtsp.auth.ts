import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from './ingest.port.ts';

/** One `WWW-Authenticate` challenge: Basic (RFC 7617) or Digest (RFC 2617, RFC 7616). */
export interface Challenge {
  readonly scheme: 'basic' | 'digest';
  /** Names in lower case. */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Strongest first. Node's name of each hash. */
const DIGESTS = [
  { algorithm: 'SHA-512-256', hash: 'sha512-256' },
  { algorithm: 'SHA-256', hash: 'sha256' },
  { algorithm: 'MD5', hash: 'md5' },
] as const;

/** Answers a camera's challenges. Holds the password in memory only and puts it into nothing but the header. */
export class RtspAuthenticator {
  readonly #credentials: Credentials | null;
  readonly #clientNonce: () => string;
  #challenge: Challenge | null = null;
  #uses = 0;
  #wasAccepted = false;

  constructor(credentials: Credentials | null, clientNonce: () => string = () => randomBytes(8).toString('hex')) {
    this.#credentials = credentials;
    this.#clientNonce = clientNonce;
  }

  get hasCredentials(): boolean {
    return this.#credentials !== null;
  }

  /** `Authorization` for a request, or null while nothing was asked for. */
  authorization(method: string, uri: string): string | null {
    if (this.#credentials === null || this.#challenge === null) return null;
    if (this.#challenge.scheme === 'basic') return basicAuthorization(this.#credentials);
    this.#uses += 1;
    const use = { method, uri, count: this.#uses, clientNonce: this.#clientNonce() };
    return digestAuthorization(this.#challenge, this.#credentials, use);
  }

  /** The camera took the last `Authorization`: a later refusal then means that its nonce grew old. */
  accepted(): void {
    this.#wasAccepted = this.#challenge !== null;
  }

  /**
   * A 401 came. True when the request is worth sending once more: the first challenge, a nonce the camera calls stale, or
   * a new nonce after the password was already accepted. A refused password is never sent twice: cameras lock accounts.
   */
  challenged(headerValues: readonly string[]): boolean {
    if (this.#credentials === null) return false;
    const next = strongest(headerValues.flatMap(parseChallenges));
    if (next === null) return false;
    const isFirst = this.#challenge === null;
    const isStale = next.parameters.get('stale')?.toLowerCase() === 'true';
    const isRenewed = this.#wasAccepted && next.parameters.get('nonce') !== this.#challenge?.parameters.get('nonce');
    this.#challenge = next;
    this.#uses = 0;
    this.#wasAccepted = false;
    return isFirst || isStale || isRenewed;
  }
}

/** The strongest challenge that can be answered; Basic, which shows the password, only when nothing else is offered. */
function strongest(challenges: readonly Challenge[]): Challenge | null {
  for (const { algorithm } of DIGESTS) {
    const found = challenges.find((challenge) => canAnswer(challenge) && baseAlgorithm(challenge) === algorithm);
    if (found !== undefined) return found;
  }
  return challenges.find((challenge) => challenge.scheme === 'basic') ?? null;
}

function canAnswer(challenge: Challenge): boolean {
  if (challenge.scheme !== 'digest' || !challenge.parameters.has('nonce')) return false;
  const qop = challenge.parameters.get('qop');
  return qop === undefined || qop === '' || offersAuth(qop);
}

function offersAuth(qop: string): boolean {
  return qop.split(',').some((option) => option.trim().toLowerCase() === 'auth');
}

/** The algorithm without `-sess`; MD5 where none is named (RFC 7616 section 3.3). */
function baseAlgorithm(challenge: Challenge): string {
  const name = (challenge.parameters.get('algorithm') ?? 'MD5').toUpperCase();
  return name.endsWith('-SESS') ? name.slice(0, -'-SESS'.length) : name;
}

function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`, 'utf8').toString('base64')}`;
}

interface DigestUse {
  readonly method: string;
  readonly uri: string;
  /** How often this nonce was used, this time included. */
  readonly count: number;
  readonly clientNonce: string;
}

/** RFC 7616 section 3.4, and without qop RFC 2069's form, which most cameras speak. */
export function digestAuthorization(challenge: Challenge, credentials: Credentials, use: DigestUse): string {
  const { parameters } = challenge;
  const realm = parameters.get('realm') ?? '';
  const nonce = parameters.get('nonce') ?? '';
  const opaque = parameters.get('opaque');
  const algorithm = parameters.get('algorithm');
  const isSession = algorithm?.toUpperCase().endsWith('-SESS') === true;
  const usesQop = offersAuth(parameters.get('qop') ?? '');
  const hashName = DIGESTS.find((digest) => digest.algorithm === baseAlgorithm(challenge))?.hash ?? 'md5';
  const hash = (...parts: string[]): string => createHash(hashName).update(parts.join(':'), 'utf8').digest('hex');

  const identity = hash(credentials.username, realm, credentials.password);
  const secret = isSession ? hash(identity, nonce, use.clientNonce) : identity;
  const count = use.count.toString(16).padStart(8, '0');
  const request = hash(use.method, use.uri);
  const response = usesQop
    ? hash(secret, nonce, count, use.clientNonce, 'auth', request)
    : hash(secret, nonce, request);

  const fields = [
    `username=${quote(credentials.username)}`,
    `realm=${quote(realm)}`,
    `nonce=${quote(nonce)}`,
    `uri=${quote(use.uri)}`,
    `response="${response}"`,
    ...(algorithm === undefined ? [] : [`algorithm=${baseAlgorithm(challenge)}${isSession ? '-sess' : ''}`]),
    ...(opaque === undefined ? [] : [`opaque=${quote(opaque)}`]),
    ...(usesQop ? [`qop=auth`, `nc=${count}`] : []),
    ...(usesQop || isSession ? [`cnonce="${use.clientNonce}"`] : []),
  ];
  return `Digest ${fields.join(', ')}`;
}

function quote(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}

/** The challenges in one header value; several may stand in one, separated like their parameters by commas. */
export function parseChallenges(headerValue: string): Challenge[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  // A word, which is a parameter's name when a value follows (token or quoted string), else a scheme's. A word is taken
  // whole or not at all: an expression that tries its parts takes seconds for a long one.
  const part = /([A-Za-z0-9_-]+)(?:\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]*)))?/g;
  for (const [, word = '', quoted, token] of headerValue.matchAll(part)) {
    const value = quoted === undefined ? token : quoted.replace(/\\(.)/g, '$1');
    if (value !== undefined) challenges.at(-1)?.parameters.set(word.toLowerCase(), value);
    else challenges.push({ scheme: word.toLowerCase(), parameters: new Map() });
  }
  return challenges.flatMap(({ scheme, parameters }) =>
    scheme === 'basic' || scheme === 'digest' ? [{ scheme, parameters }] : [],
  );
}
