import { ingestError } from './ingest-errors.ts';
import type { Headers, RtspConnection } from './rtsp.connection.ts';
import { firstHeader, type RtspHeaders } from './rtsp-head.ts';
import type { RtspResponse } from './rtsp-message.ts';
import { contentBase, controlUrl, type StreamAddress } from './rtsp-url.ts';
import { describeVideo, type DescribedVideo } from './sdp.ts';

/** What OPTIONS and DESCRIBE brought. */
export interface DescribedStream {
  readonly video: DescribedVideo;
  /** What track addresses are relative to. */
  readonly base: string;
  readonly keepAliveMethod: 'GET_PARAMETER' | 'OPTIONS';
}

/** What SETUP and PLAY brought: media is on its way. */
export interface PlayingStream {
  readonly rtpChannel: number;
  readonly rtcpChannel: number;
  /** What keep-alive and TEARDOWN name. */
  readonly aggregateUrl: string;
  /** The camera ends the session after this long without a request. */
  readonly sessionTimeoutMs: number;
}

const DEFAULT_SESSION_TIMEOUT_S = 60;
const MIN_SESSION_TIMEOUT_S = 2;
const MAX_SESSION_TIMEOUT_S = 3600;

/** OPTIONS, DESCRIBE (RFC 2326 sections 10.1, 10.2). Rejects with AppError. */
export async function describeStream(connection: RtspConnection, address: StreamAddress): Promise<DescribedStream> {
  const options = await connection.request('OPTIONS', address.requestUrl);
  // Some cameras do not know OPTIONS; only what it says about the path counts.
  if (options.status === 404) throw ingestError.refused('OPTIONS', options.status);
  const described = await requestOk(connection, 'DESCRIBE', address.requestUrl, [['Accept', 'application/sdp']]);
  const stated = firstHeader(described.headers, 'content-base') ?? firstHeader(described.headers, 'content-location');
  return {
    video: describeVideo(described.body),
    base: contentBase(address, stated),
    keepAliveMethod: methods(options.headers).has('GET_PARAMETER') ? 'GET_PARAMETER' : 'OPTIONS',
  };
}

/** SETUP, PLAY (sections 10.4, 10.5) over the RTSP connection itself (section 10.12). Rejects with AppError. */
export async function playStream(
  connection: RtspConnection,
  address: StreamAddress,
  { video, base }: DescribedStream,
): Promise<PlayingStream> {
  const setup = await requestOk(connection, 'SETUP', controlUrl(address, base, video.control), [
    ['Transport', 'RTP/AVP/TCP;unicast;interleaved=0-1'],
  ]);
  const [rtpChannel, rtcpChannel] = channels(firstHeader(setup.headers, 'transport'));
  const session = parseSession(firstHeader(setup.headers, 'session'));
  connection.sessionId = session.id;
  const aggregateUrl = controlUrl(address, base, video.sessionControl);
  await requestOk(connection, 'PLAY', aggregateUrl, [['Range', 'npt=0.000-']]);
  return { rtpChannel, rtcpChannel, aggregateUrl, sessionTimeoutMs: session.timeoutMs };
}

async function requestOk(
  connection: RtspConnection,
  method: string,
  url: string,
  headers: Headers,
): Promise<RtspResponse> {
  const response = await connection.request(method, url, headers);
  if (response.status < 200 || response.status >= 300) throw ingestError.refused(method, response.status);
  return response;
}

function methods(headers: RtspHeaders): ReadonlySet<string> {
  const text = (headers.get('public') ?? []).join(',');
  return new Set(text.split(',').map((method) => method.trim().toUpperCase()));
}

/** Cameras may choose other channels than asked for, and name only the first. Without the header ours are taken. */
export function channels(transport: string | null): [rtp: number, rtcp: number] {
  if (transport === null) return [0, 1];
  const match = /interleaved\s*=\s*(\d{1,3})(?:-(\d{1,3}))?/i.exec(transport);
  if (match === null) {
    if (/RTP\/AVP\/TCP/i.test(transport)) return [0, 1];
    throw ingestError.noTcp();
  }
  const rtp = Number(match[1]);
  const rtcp = match[2] === undefined ? rtp + 1 : Number(match[2]);
  if (rtp > 255 || rtcp > 255 || rtp === rtcp) throw ingestError.violation('chose channels that do not exist');
  return [rtp, rtcp];
}

/** `Session: 12345678;timeout=60` (section 12.37). */
export function parseSession(header: string | null): { id: string | null; timeoutMs: number } {
  const [id = '', ...parameters] = (header ?? '').split(';').map((part) => part.trim());
  const stated = parameters
    .map((part) => /^timeout\s*=\s*(\d{1,6})/i.exec(part)?.[1])
    .find((value) => value !== undefined);
  const timeoutS = stated === undefined || Number(stated) === 0 ? DEFAULT_SESSION_TIMEOUT_S : Number(stated);
  const boundedS = Math.min(MAX_SESSION_TIMEOUT_S, Math.max(MIN_SESSION_TIMEOUT_S, timeoutS));
  return { id: id === '' ? null : id, timeoutMs: boundedS * 1000 };
}
