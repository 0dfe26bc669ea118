import type * as ms from 'mediasoup/types';
import type { OfferedH264 } from '../whep-codec.ts';

/** Declared for every camera, whatever its SPS says: browsers decode High under it, and mediasoup compares profiles. */
export const h264Codec = {
  kind: 'video' as const,
  mimeType: 'video/H264' as const,
  clockRate: 90000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
};

/** What a viewer can take, in the numbers of its own offer. */
export function capabilitiesOf(h264: OfferedH264): ms.RtpCapabilities {
  const rtcpFeedback = [
    ...(h264.nack ? [{ type: 'nack' }] : []),
    ...(h264.pictureLoss ? [{ type: 'nack', parameter: 'pli' }] : []),
  ];
  return { codecs: [{ ...h264Codec, preferredPayloadType: h264.payloadType, rtcpFeedback }], headerExtensions: [] };
}
