import {
  AV_LOG_ERROR,
  AV_PIX_FMT_RGBA,
  AV_PIX_FMT_YUV420P,
  Encoder,
  FF_ENCODER_LIBX264,
  Frame,
  Log,
  Rational,
  SoftwareScaleContext,
  SWS_POINT,
} from 'node-av';
import { splitNalUnits } from '../h264/annexb.ts';
import type { LoopUnit } from './loop.port.ts';
import type { StreamPlan } from './loop-plan.ts';

/** Encodes one group of pictures on its own; the user closes it. */
export interface GopEncoder {
  /** RGBA in, one coded picture out; the first is a key frame, no other is. */
  encode(rgba: Buffer): Promise<LoopUnit>;
  close(): void;
}

/** The same of pictures that are YUV 4:2:0 already. A frame stays the caller's. */
export interface FrameEncoder {
  encode(frame: Frame): Promise<LoopUnit>;
  close(): void;
}

const ACCESS_UNIT_DELIMITER = 9;
const SEI = 6;

/**
 * H.264 Baseline as ordinary cameras send it: constant quality under a ceiling on the bit rate, so that a group does not
 * depend on the ones before it and can be made again alone. Uses node-av's asynchronous calls: in 6.1.1 an encoder made or
 * fed by the synchronous ones corrupts the heap when it is closed.
 */
export async function openFrameEncoder(
  plan: Pick<StreamPlan, 'fps' | 'unitsPerGop' | 'quality' | 'maxKbps'>,
): Promise<FrameEncoder> {
  Log.setLevel(AV_LOG_ERROR);
  const { fps, unitsPerGop } = plan;
  const encoder = await Encoder.create(FF_ENCODER_LIBX264, {
    context: { gopSize: unitsPerGop, maxBFrames: 0, threadCount: 1 },
    options: {
      preset: 'ultrafast',
      tune: 'zerolatency',
      profile: 'baseline',
      crf: plan.quality,
      'x264-params': `scenecut=0:keyint=${unitsPerGop}:min-keyint=${unitsPerGop}:repeat-headers=1:aud=0:vbv-maxrate=${plan.maxKbps}:vbv-bufsize=${plan.maxKbps}`,
    },
  });
  let next = 0;
  return {
    async encode(frame) {
      frame.pts = BigInt(next++);
      frame.timeBase = new Rational(1, fps);
      const packets = await encoder.encodeAll(frame);
      const nalUnits = packets.flatMap((packet) => splitNalUnits(Buffer.from(packet.data ?? [])));
      const isKeyFrame = packets.some((packet) => packet.isKeyframe);
      for (const packet of packets) packet.free();
      if (nalUnits.length === 0) throw new Error('the encoder gave no picture back');
      return {
        nalUnits: nalUnits.filter((nal) => ![ACCESS_UNIT_DELIMITER, SEI].includes((nal[0] ?? 0) & 31)),
        isKeyFrame,
      };
    },
    close() {
      encoder.close();
    },
  };
}

export async function openGopEncoder(plan: StreamPlan): Promise<GopEncoder> {
  const { widthPx, heightPx } = plan;
  const encoder = await openFrameEncoder(plan);
  const scaler = new SoftwareScaleContext();
  scaler.getContext(widthPx, heightPx, AV_PIX_FMT_RGBA, widthPx, heightPx, AV_PIX_FMT_YUV420P, SWS_POINT);
  const yuv = Buffer.alloc((widthPx * heightPx * 3) / 2);
  const luma = widthPx * heightPx;
  const planes = [yuv.subarray(0, luma), yuv.subarray(luma, luma * 1.25), yuv.subarray(luma * 1.25)];
  return {
    async encode(rgba) {
      scaler.scaleSync([rgba], [widthPx * 4], 0, heightPx, planes, [widthPx, widthPx / 2, widthPx / 2]);
      using frame = Frame.fromVideoBuffer(yuv, { width: widthPx, height: heightPx, format: AV_PIX_FMT_YUV420P });
      return await encoder.encode(frame);
    },
    close() {
      encoder.close();
      scaler.freeContext();
    },
  };
}
