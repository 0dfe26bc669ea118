import type { AppError } from '#protocol/errors.ts';
import type { CameraFaults } from './camera-faults.ts';
import type { PacedStream } from './paced-stream.ts';
import type { Outlet } from './rtp-sender.ts';
import type { RtspAuthenticator } from './rtsp-auth.ts';
import type { RtspRequest } from './rtsp-request.ts';
import type { RtspResponse } from './rtsp-response.ts';
import { RtspSession } from './rtsp-session.ts';
import { chooseTransport } from './rtsp-transport.ts';
import { describeSession, TRACK_CONTROL } from './session-description.ts';

/** What a path of the server leads to. */
export interface ServedStream {
  /** In the SDP. */
  readonly name: string;
  readonly stream: PacedStream;
  /** Null: no login. */
  readonly authenticator: RtspAuthenticator | null;
  readonly faults: CameraFaults;
}

/** What to do about a request: answer, or act as the camera's fault demands. */
export type Verdict = RtspResponse | 'silence' | 'cut' | 'garbage';

export interface RtspConversationOptions {
  readonly timeoutMs: number;
  readonly outlet: Outlet;
  readonly monotonicMs: () => number;
  readonly onStreamFailed: (error: AppError) => void;
}

const METHODS = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'GET_PARAMETER', 'SET_PARAMETER', 'TEARDOWN'] as const;
const KNOWN_BUT_NOT_HERE = new Set(['ANNOUNCE', 'PAUSE', 'RECORD', 'REDIRECT']);

/** One client's requests and the one session they may set up. Its connection closes it. */
export class RtspConversation {
  readonly #options: RtspConversationOptions;
  #session: RtspSession | null = null;

  constructor(options: RtspConversationOptions) {
    this.#options = options;
  }

  /** `served` is what the request's path leads to. */
  async answer(request: RtspRequest, served: ServedStream | undefined): Promise<Verdict> {
    const fault = served === undefined ? null : this.#answerOfFault(request, served);
    if (fault !== null) return fault;
    if (request.method === 'OPTIONS') return { status: 200, headers: [['Public', METHODS.join(', ')]] };
    if (KNOWN_BUT_NOT_HERE.has(request.method)) return { status: 405, headers: [['Allow', METHODS.join(', ')]] };
    if (!METHODS.some((method) => method === request.method)) return { status: 501 };
    if (served === undefined) return { status: 404 };
    const refusal = checkLogin(request, served.authenticator);
    if (refusal !== null) return refusal;
    if (request.method === 'DESCRIBE') return describe(request, served);
    if (request.method === 'SETUP') return this.#setUp(request, served);
    return this.#answerInSession(request, served);
  }

  close(): void {
    this.#session?.close();
    this.#session = null;
  }

  #answerOfFault(request: RtspRequest, served: ServedStream): Verdict | null {
    const kind = served.faults.current?.kind;
    const isPlaying = this.#session?.isPlaying === true;
    if (kind === 'freeze') return 'silence';
    if (kind === 'offline') return 'cut';
    if (kind === 'garbage') return 'garbage';
    if (kind === 'refuse' && !isPlaying) return { status: 503 };
    if (kind === 'refuse-login' && !isPlaying && request.method !== 'OPTIONS') {
      return unauthorized(served.authenticator?.challenges(false) ?? ['Basic realm="Simulated camera"']);
    }
    return null;
  }

  #setUp(request: RtspRequest, served: ServedStream): RtspResponse {
    if (this.#session !== null) return { status: 455 };
    if (request.headers.has('session')) return { status: 454 };
    const channels = chooseTransport(request.headers.get('transport'));
    if (channels === null) return { status: 461 };
    const { outlet, monotonicMs, onStreamFailed, timeoutMs } = this.#options;
    const { stream, faults } = served;
    this.#session = new RtspSession({ stream, faults, channels, outlet, monotonicMs, onFailed: onStreamFailed });
    const interleaved = `interleaved=${String(channels.rtp)}-${String(channels.rtcp)}`;
    const ssrc = stream.ssrc.toString(16).toUpperCase().padStart(8, '0');
    return {
      status: 200,
      headers: [
        ['Session', `${this.#session.id};timeout=${String(Math.ceil(timeoutMs / 1000))}`],
        ['Transport', `RTP/AVP/TCP;unicast;${interleaved};ssrc=${ssrc};mode="PLAY"`],
      ],
    };
  }

  #answerInSession(request: RtspRequest, served: ServedStream): RtspResponse {
    const named = request.headers.get('session');
    const session = this.#session;
    const needsSession = request.method === 'PLAY' || request.method === 'TEARDOWN';
    if (named !== undefined && named !== session?.id) return { status: 454 };
    if (needsSession && session === null) return { status: 455 };
    if (needsSession && named === undefined) return { status: 454 };
    if (session === null || named === undefined) return answerParameter(request, []);
    if (session.stream !== served.stream) return { status: 455 };
    const headers: [string, string][] = [['Session', session.id]];
    if (request.method === 'PLAY') return play(request, session, headers);
    if (request.method === 'TEARDOWN') {
      this.close();
      return { status: 200, headers };
    }
    return answerParameter(request, headers);
  }
}

function play(request: RtspRequest, session: RtspSession, headers: [string, string][]): RtspResponse {
  const first = session.play();
  if (first === null) return { status: 200, headers };
  const place = `seq=${String(first.sequenceNumber)};rtptime=${String(first.rtpTimestamp)}`;
  const info = `url=${baseOf(request.uri)}${TRACK_CONTROL};${place}`;
  return { status: 200, headers: [...headers, ['Range', 'npt=now-'], ['RTP-Info', info]] };
}

/** Empty: a sign of life (RFC 2326 section 10.8). There are no parameters. */
function answerParameter(request: RtspRequest, headers: [string, string][]): RtspResponse {
  return request.body.length > 0 ? { status: 451, headers } : { status: 200, headers };
}

async function describe(request: RtspRequest, served: ServedStream): Promise<RtspResponse> {
  const { source } = served.stream;
  const body = describeSession(served.name, source.fps, await source.parameterSets());
  return {
    status: 200,
    headers: [
      ['Content-Base', baseOf(request.uri)],
      ['Content-Type', 'application/sdp'],
    ],
    body,
  };
}

function checkLogin(request: RtspRequest, authenticator: RtspAuthenticator | null): RtspResponse | null {
  if (authenticator === null) return null;
  const verdict = authenticator.check(request);
  return verdict === 'accepted' ? null : unauthorized(authenticator.challenges(verdict === 'stale'));
}

function unauthorized(challenges: readonly string[]): RtspResponse {
  return { status: 401, headers: challenges.map((challenge) => ['WWW-Authenticate', challenge] as const) };
}

/** The stream's path: without host, query, track and trailing slash. */
export function pathOf(uri: string): string {
  return withoutTrack(uri.replace(/^[a-z]+:\/\/[^/?]*/i, '').replace(/\?.*$/, '')).replace(/\/+$/, '');
}

/** The stream's URL with the slash that makes relative control URLs append to it. */
function baseOf(uri: string): string {
  const url = withoutTrack(uri);
  return url.endsWith('/') ? url : `${url}/`;
}

function withoutTrack(url: string): string {
  return url.endsWith(`/${TRACK_CONTROL}`) ? url.slice(0, -TRACK_CONTROL.length) : url;
}
