import { parse, type MediaDescription, type SessionDescription } from 'sdp-transform';
import { AppError, toAppError } from '#protocol/errors.ts';
import { chooseH264, type OfferedH264 } from './whep-codec.ts';

/** What a WHEP offer (draft-ietf-wish-whep) says that an answer needs. Its candidates are not: the relay is ice-lite. */
export interface WhepOffer {
  /** The m-section that is answered with video. */
  readonly mid: string;
  readonly h264: OfferedH264;
  readonly setup: 'actpass' | 'active' | 'passive';
  readonly usernameFragment: string;
  readonly password: string;
  readonly fingerprints: readonly Fingerprint[];
  readonly isBundled: boolean;
  /** All of its m-sections in order; an answer has as many, the others refused (RFC 3264 section 6). */
  readonly sections: readonly OfferedSection[];
}

/** A certificate's digest (RFC 8122): lower-case algorithm, upper-case hex bytes with colons. */
export interface Fingerprint {
  readonly algorithm: string;
  readonly value: string;
}

export interface OfferedSection {
  readonly type: string;
  readonly protocol: string;
  readonly formats: string;
  readonly mid: string | null;
  readonly isAnswered: boolean;
}

const MAX_OFFER_CHARACTERS = 64 * 1024;
const MAX_SECTIONS = 32;
/** A browser's have some hundred a section. Each costs its reader microseconds, even an empty one. */
const MAX_LINES = 4000;
const FINGERPRINT_ALGORITHMS = ['sha-1', 'sha-224', 'sha-256', 'sha-384', 'sha-512'];

/** Throws AppError relay.offer-rejected that says what is missing from the offer. */
export function parseWhepOffer(sdp: string): WhepOffer {
  if (sdp.length > MAX_OFFER_CHARACTERS) throw rejected('it is longer than 64 KiB');
  const session = parseSdp(sdp);
  if (session.media.length > MAX_SECTIONS) throw rejected(`it has more than ${String(MAX_SECTIONS)} m-sections`);
  const index = session.media.findIndex((media) => isWatchable(media, session) && chooseH264(media) !== null);
  const media = session.media[index];
  const h264 = media === undefined ? null : chooseH264(media);
  if (media === undefined || h264 === null) throw rejected(whyNothingFits(session));
  const mid = media.mid === undefined ? '' : String(media.mid);
  if (!/^[!-~]{1,32}$/.test(mid)) throw rejected('its video has no a=mid');
  return {
    mid,
    h264,
    setup: setupOf(media.setup ?? session.setup),
    usernameFragment: iceText(media.iceUfrag ?? session.iceUfrag, 'a=ice-ufrag'),
    password: iceText(media.icePwd ?? session.icePwd, 'a=ice-pwd'),
    fingerprints: fingerprintsOf(media.fingerprint ?? session.fingerprint),
    isBundled: (session.groups ?? []).some(
      ({ type, mids }) => type === 'BUNDLE' && String(mids).split(' ').includes(mid),
    ),
    sections: session.media.map((section, position) => ({
      type: String(section.type),
      protocol: String(section.protocol),
      formats: String(section.payloads ?? 0),
      mid: section.mid === undefined ? null : String(section.mid),
      isAnswered: position === index,
    })),
  };
}

/** What looks like a number, sdp-transform makes one, whatever its types say: text is read with `String`. */
function parseSdp(sdp: string): SessionDescription {
  // Bytes of nought are no part of SDP (RFC 8866 section 9), and what is kept of an offer comes back in its answer.
  if (!/^v=0\r?$/m.test(sdp) || sdp.includes('\0')) throw rejected('it is not SDP');
  if (sdp.split(/\r\n?|\n/, MAX_LINES + 1).length > MAX_LINES)
    throw rejected(`it has more than ${String(MAX_LINES)} lines`);
  try {
    return parse(sdp);
  } catch (cause) {
    throw rejected('its SDP cannot be read', toAppError(cause));
  }
}

/** Video that the viewer wants to receive, over DTLS-SRTP, not refused with port 0 outside a bundle. */
function isWatchable(media: MediaDescription, session: SessionDescription): boolean {
  const direction = media.direction ?? session.direction ?? 'sendrecv';
  const isOpen = media.port !== 0 || media.bundleOnly !== undefined;
  return media.type === 'video' && isOpen && String(media.protocol).includes('SAVPF') && direction.includes('recv');
}

function whyNothingFits(session: SessionDescription): string {
  const videos = session.media.filter(({ type }) => type === 'video');
  if (videos.length === 0) return 'it asks for no video';
  if (!videos.some((media) => isWatchable(media, session))) return 'its video does not receive over UDP/TLS/RTP/SAVPF';
  return 'it has no H.264 with packetization-mode=1 and a baseline profile';
}

function setupOf(setup: string | undefined): WhepOffer['setup'] {
  if (setup === 'actpass' || setup === 'active' || setup === 'passive') return setup;
  throw rejected('its a=setup is neither actpass, active nor passive');
}

/** `ice-char`s only (RFC 8839 section 5.4), which sdp-transform may have read as a number. */
function iceText(value: string | number | undefined, name: string): string {
  const text = value === undefined ? '' : String(value);
  if (!/^[A-Za-z0-9+/_-]{1,256}$/.test(text)) throw rejected(`its ${name} is missing or malformed`);
  return text;
}

function fingerprintsOf(given: { type: string; hash: string } | undefined): Fingerprint[] {
  const algorithm = String(given?.type ?? '').toLowerCase();
  const value = String(given?.hash ?? '')
    .trim()
    .toUpperCase();
  if (!FINGERPRINT_ALGORITHMS.includes(algorithm) || !/^[0-9A-F]{2}(:[0-9A-F]{2})+$/.test(value)) {
    throw rejected('its a=fingerprint is missing or malformed');
  }
  return [{ algorithm, value }];
}

function rejected(reason: string, cause?: unknown): AppError {
  const message = `the WHEP offer was refused: ${reason}`;
  return new AppError('relay.offer-rejected', message, cause === undefined ? {} : { cause });
}
