import type { ParameterSets } from './source.ts';

export const PAYLOAD_TYPE = 96;
/** The one track's control URL, relative to Content-Base. */
export const TRACK_CONTROL = 'trackID=1';

/** SDP (RFC 4566) of one H.264 or H.265 track (RFC 6184 section 8.2, RFC 7798 section 7.2) for RTSP (RFC 2326 appendix C). */
export function describeSession(name: string, fps: number, sets: ParameterSets): string {
  const payloadType = String(PAYLOAD_TYPE);
  const lines = [
    'v=0',
    'o=- 0 0 IN IP4 127.0.0.1',
    `s=${name}`,
    'c=IN IP4 0.0.0.0',
    't=0 0',
    'a=control:*',
    'a=range:npt=now-',
    `m=video 0 RTP/AVP ${payloadType}`,
    ...describeFormat(payloadType, sets),
    `a=framerate:${String(fps)}`,
    `a=control:${TRACK_CONTROL}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}

function describeFormat(payloadType: string, { vps, sps, pps }: ParameterSets): string[] {
  const base64 = (nalUnit: Buffer): string => nalUnit.toString('base64');
  if (vps !== undefined) {
    const sets = `sprop-vps=${base64(vps)};sprop-sps=${base64(sps)};sprop-pps=${base64(pps)}`;
    return [`a=rtpmap:${payloadType} H265/90000`, `a=fmtp:${payloadType} ${sets}`];
  }
  const profileLevelId = sps.subarray(1, 4).toString('hex');
  const parameters = `packetization-mode=1;profile-level-id=${profileLevelId}`;
  return [
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} ${parameters};sprop-parameter-sets=${base64(sps)},${base64(pps)}`,
  ];
}
