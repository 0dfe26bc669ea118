import type { MediaDescription } from 'sdp-transform';

/** The H.264 payload type a viewer is sent, as its offer numbers and describes it. */
export interface OfferedH264 {
  readonly payloadType: number;
  /** As offered, six hex digits: echoed in the answer so that both sides agree. */
  readonly profileLevelId: string;
  readonly levelAsymmetryAllowed: boolean;
  /** Feedback the viewer can give: a generic NACK, a picture loss indication. */
  readonly nack: boolean;
  readonly pictureLoss: boolean;
}

/** What browsers take a missing `profile-level-id` to mean: constrained baseline, level 3.1. */
const DEFAULT_PROFILE_LEVEL_ID = '42e01f';
const BASELINE_PROFILE_IDC = '42';
const CONSTRAINT_SET_1 = 0x40;

/**
 * The payload type to use of an offered m-section: H.264, packetization-mode 1 (RFC 6184 section 8.1), constrained
 * baseline before baseline, else the offer's own order. Browsers decode High under it, so nothing else is asked for.
 */
export function chooseH264(media: MediaDescription): OfferedH264 | null {
  const candidates = media.rtp
    .filter((rtp) => String(rtp.codec).toUpperCase() === 'H264' && rtp.rate === 90000)
    .map((rtp) => describe(media, rtp.payload))
    .filter((candidate) => candidate !== null);
  return candidates.find(isConstrained) ?? candidates[0] ?? null;
}

function describe(media: MediaDescription, payloadType: number): OfferedH264 | null {
  const format = formatParameters(media.fmtp.find((fmtp) => fmtp.payload === payloadType)?.config ?? '');
  const profileLevelId = (format.get('profile-level-id') ?? DEFAULT_PROFILE_LEVEL_ID).toLowerCase();
  const isUsable =
    Number.isInteger(payloadType) &&
    payloadType >= 0 &&
    payloadType <= 127 &&
    format.get('packetization-mode') === '1' &&
    /^[0-9a-f]{6}$/.test(profileLevelId) &&
    profileLevelId.startsWith(BASELINE_PROFILE_IDC);
  if (!isUsable) return null;
  const feedback = (media.rtcpFb ?? []).filter(
    ({ payload }) => String(payload) === String(payloadType) || String(payload) === '*',
  );
  return {
    payloadType,
    profileLevelId,
    levelAsymmetryAllowed: format.get('level-asymmetry-allowed') === '1',
    nack: feedback.some(({ type, subtype }) => type === 'nack' && (subtype ?? '') === ''),
    pictureLoss: feedback.some(({ type, subtype }) => type === 'nack' && subtype === 'pli'),
  };
}

function isConstrained({ profileLevelId }: OfferedH264): boolean {
  return (Number.parseInt(profileLevelId.slice(2, 4), 16) & CONSTRAINT_SET_1) !== 0;
}

/** `a=1;b=2` with any spaces around; names are case-insensitive. */
function formatParameters(config: string): Map<string, string> {
  return new Map(
    String(config)
      .split(';')
      .map((parameter) => {
        const [name = '', ...value] = parameter.split('=');
        return [name.trim().toLowerCase(), value.join('=').trim()];
      }),
  );
}
