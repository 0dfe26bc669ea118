import type { FuzzTarget } from './fuzz-target.ts';
import { h264, h264File, h264Sps } from './targets/h264.ts';
import { address, challenge, header, rtcp, rtp, rtsp, sdp } from './targets/rtsp.ts';
import { whepFragment, whepOffer } from './targets/whep.ts';

/** Everything that reads what a stranger sent. */
export const TARGETS: readonly FuzzTarget[] = [
  rtsp,
  sdp,
  rtp,
  rtcp,
  challenge,
  header,
  address,
  h264,
  h264Sps,
  h264File,
  whepOffer,
  whepFragment,
];
