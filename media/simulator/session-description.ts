import type { ParameterSets } from './source.ts';

export const PAYLOAD_TYPE = 96;
/** The one track's control URL, relative to Content-Base. */
export const TRACK_CONTROL = 'trackID=1';

/** SDP (RFC 4566) of one H.264 track (RFC 6184 section 8.2) for RTSP (RFC 2326 appendix C). */
export function describeSession(name: string, fps: number, { sps, pps }: ParameterSets): string {
  const profileLevelId = sps.subarray(1, 4).toString('hex');
  const parameterSets = `${sps.toString('base64')},${pps.toString('base64')}`;
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
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} packetization-mode=1;profile-level-id=${profileLevelId};sprop-parameter-sets=${parameterSets}`,
    `a=framerate:${String(fps)}`,
    `a=control:${TRACK_CONTROL}`,
  ];
  return `${lines.join('\r\n')}\r\n`;
}
