import type { FuzzTarget } from './fuzz-target.ts';
import { address, challenge, header, rtcp, rtp, rtsp, sdp } from './targets/rtsp.ts';
import { videoTargets } from './targets/video.ts';
import { whepFragment, whepOffer } from './targets/whep.ts';

/** Everything that reads what a stranger sent. */
export const TARGETS: readonly FuzzTarget[] = [
  ...[rtsp, sdp, rtp, rtcp, challenge, header, address],
  ...videoTargets,
  ...[whepOffer, whepFragment],
];
