import { h264Codec } from './h264/h264-codec.ts';
import { h265Codec } from './h265/h265-codec.ts';
import type { CodecName } from './packet.ts';
import type { VideoCodec } from './video-codec.ts';

export const codecs: Readonly<Record<CodecName, VideoCodec>> = { H264: h264Codec, H265: h265Codec };
