import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import type { CodecName, VideoTrack } from '../packet.ts';
import type { SequenceShape } from '../video-codec.ts';
import { codecs } from '../video-codecs.ts';
import { ingestError } from './ingest-errors.ts';

/** What a camera's description says about the stream that will be played. */
export interface DescribedVideo {
  readonly track: VideoTrack;
  /** The media's control attribute, to be resolved against the base. */
  readonly control: string | null;
  /** The session's control attribute: what PLAY names. */
  readonly sessionControl: string | null;
}

export const MAX_SDP_BYTES = 64 * 1024;
/** Real ones have some thirty. Each costs its reader microseconds, even an empty one. */
const MAX_SDP_LINES = 1000;
const MAX_PARAMETER_SET_BYTES = 4096;
const MAX_PARAMETER_SETS = 16;
/** Where a description has them: RFC 6184 section 8.1, RFC 7798 section 7.1. */
const PARAMETER_SETS = { H264: ['sprop-parameter-sets'], H265: ['sprop-vps', 'sprop-sps', 'sprop-pps'] } as const;
const STATIC_VIDEO_CODECS: Readonly<Record<number, string>> = { 26: 'MJPEG', 31: 'H.261', 32: 'MPEG', 34: 'H.263' };

/**
 * Picks the first H.264 video of a description, else the first H.265; audio is not asked for. Throws camera.no-h264 when
 * there is neither and
 * camera.protocol-violation when it is no SDP. Addresses in it (`c=`, `o=`) mean nothing: media comes on our connection.
 */
export function describeVideo(sdp: Buffer): DescribedVideo {
  const session = parseSdp(sdp);
  const videos = session.media.filter((media) => media.type === 'video');
  for (const codec of ['H264', 'H265'] as const) {
    for (const media of videos) {
      const payloadType = payloadTypeOf(media, codec);
      if (payloadType === null) continue;
      const fmtp = fmtpOf(session, media, payloadType);
      if (Number(fmtp.get('sprop-max-don-diff') ?? 0) > 0) throw ingestError.interleaved();
      return {
        track: videoTrack(codec, payloadType, media, fmtp),
        control: textOf(media.control),
        sessionControl: textOf(session.control),
      };
    }
  }
  throw ingestError.noH264(videos.flatMap(codecNames));
}

function parseSdp(sdp: Buffer): SessionDescription {
  if (sdp.length > MAX_SDP_BYTES) throw ingestError.notSdp();
  const text = sdp.toString('utf8');
  const lines = text.split(/\r\n?|\n/, MAX_SDP_LINES + 1);
  if (lines.length > MAX_SDP_LINES || !/^[a-z]=/m.test(text)) throw ingestError.notSdp();
  try {
    return parse(text);
  } catch (error) {
    throw ingestError.notSdp(error);
  }
}

function payloadTypeOf(media: MediaDescription, codec: string): number | null {
  const names = codec === 'H265' ? ['H265', 'HEVC'] : [codec];
  const found = media.rtp.find((mapping) => names.includes(String(mapping.codec).toUpperCase()));
  return found !== undefined && isPayloadType(found.payload) ? found.payload : null;
}

function isPayloadType(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 127;
}

/** The format's parameters. Some cameras write them under another media by mistake, so all are searched, ours first. */
function fmtpOf(
  session: SessionDescription,
  media: MediaDescription,
  payloadType: number,
): ReadonlyMap<string, string> {
  const line = [media, ...session.media]
    .flatMap((candidate) => candidate.fmtp)
    .find((candidate) => candidate.payload === payloadType);
  const parameters = new Map<string, string>();
  for (const part of String(line?.config ?? '').split(';')) {
    const equals = part.indexOf('=');
    if (equals > 0) parameters.set(part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim());
  }
  return parameters;
}

function videoTrack(
  codec: CodecName,
  payloadType: number,
  media: MediaDescription,
  fmtp: ReadonlyMap<string, string>,
): VideoTrack {
  const sets = PARAMETER_SETS[codec].flatMap((name) => parameterSets(codec, fmtp.get(name) ?? ''));
  const traits: SequenceShape = Object.assign({}, ...sets.map((nalUnit) => codecs[codec].describe(nalUnit)));
  const profileLevelId = fmtp.get('profile-level-id')?.toLowerCase() ?? '';
  const stated = Number(media.framerate);
  return {
    codec,
    payloadType,
    parameterSets: sets,
    widthPx: traits.widthPx ?? null,
    heightPx: traits.heightPx ?? null,
    fps: traits.fps ?? (stated > 0 && stated <= 240 ? stated : null),
    profileLevelId: /^[0-9a-f]{6}$/.test(profileLevelId) ? profileLevelId : (traits.profileLevelId ?? null),
  };
}

/** The parameter sets of one parameter: base64, comma-separated, in any order. */
function parameterSets(codec: CodecName, text: string): Buffer[] {
  return text
    .split(',', MAX_PARAMETER_SETS)
    .map((base64) => Buffer.from(base64, 'base64'))
    .filter((nalUnit) => nalUnit.length > 1 && nalUnit.length <= MAX_PARAMETER_SET_BYTES)
    .filter((nalUnit) => codecs[codec].kindOf(nalUnit) === 'parameter set');
}

/** sdp-transform turns what looks like a number into one. */
function textOf(value: unknown): string | null {
  return value === undefined || value === null ? null : String(value as string | number).trim();
}

/** Codec names as the camera wrote them, if they look like names. */
function codecNames(media: MediaDescription): string[] {
  const mapped = media.rtp.map((mapping) => String(mapping.codec)).filter((name) => /^[A-Za-z0-9.-]{1,20}$/.test(name));
  if (mapped.length > 0) return mapped;
  return String(media.payloads ?? '')
    .split(' ')
    .flatMap((payload) => STATIC_VIDEO_CODECS[Number(payload)] ?? []);
}
