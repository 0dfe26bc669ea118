import { AV_LOG_ERROR, AV_PIX_FMT_YUV420P, FF_ENCODER_LIBX264, FF_ENCODER_LIBX265 } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational } from 'node-av/lib';
import { splitAccessUnits } from '#media/h264/annexb.ts';
import type { CodedPicture } from '#media/h264/annexb.ts';
import { splitH265AccessUnits } from '#media/h265/annexb.ts';
import type { CodecName } from '#media/packet.ts';

export interface ClipOptions {
  /** H264 by default. */
  readonly codec?: CodecName;
  /** Even. */
  readonly widthPx: number;
  /** Even. */
  readonly heightPx: number;
  readonly frames: number;
  /** Pictures from one key frame to the next. */
  readonly gop: number;
  /** Grey level of a place of a picture, 16 (black) to 235 (white). */
  readonly luma: (frame: number, xFrac: number, yFrac: number) => number;
}

/** A grey clip as cameras send it: no B pictures, parameter sets before each key frame. Picture i is frame i. */
export function encodeClip(options: ClipOptions): CodedPicture[] {
  Log.setLevel(AV_LOG_ERROR);
  const isH265 = options.codec === 'H265';
  const codec = Codec.findEncoderByName(isH265 ? FF_ENCODER_LIBX265 : FF_ENCODER_LIBX264);
  if (codec === null) throw new Error('this FFmpeg cannot encode the clip');
  using context = new CodecContext();
  context.allocContext3(codec);
  context.width = options.widthPx;
  context.height = options.heightPx;
  context.pixelFormat = AV_PIX_FMT_YUV420P;
  context.timeBase = new Rational(1, 15);
  context.framerate = new Rational(15, 1);
  context.gopSize = options.gop;
  context.maxBFrames = 0;
  context.threadCount = 1;
  for (const [name, value] of [
    ['preset', 'ultrafast'],
    ['tune', 'zerolatency'],
    ['crf', '18'],
    ...(isH265 ? [['x265-params', 'log-level=none:pools=none:frame-threads=1'] as const] : []),
  ] as const) {
    context.setOption(name, value);
  }
  check(context.open2Sync(codec));
  using packet = new Packet();
  packet.alloc();
  const chunks: Buffer[] = [];
  const collect = (): void => {
    while (context.receivePacketSync(packet) >= 0) {
      chunks.push(Buffer.from(packet.data ?? []));
      packet.unref();
    }
  };
  for (let i = 0; i < options.frames; i += 1) {
    using frame = Frame.fromVideoBuffer(paint(options, i), {
      width: options.widthPx,
      height: options.heightPx,
      format: AV_PIX_FMT_YUV420P,
      pts: BigInt(i),
    });
    check(context.sendFrameSync(frame));
    collect();
  }
  check(context.sendFrameSync(null));
  collect();
  const byteStream = Buffer.concat(chunks);
  return isH265 ? splitH265AccessUnits(byteStream) : splitAccessUnits(byteStream);
}

function paint({ widthPx, heightPx, luma }: ClipOptions, frame: number): Buffer {
  const pixels = widthPx * heightPx;
  const picture = Buffer.alloc((pixels * 3) / 2, 128);
  for (let y = 0; y < heightPx; y += 1) {
    for (let x = 0; x < widthPx; x += 1) picture[y * widthPx + x] = luma(frame, x / widthPx, y / heightPx);
  }
  return picture;
}

function check(result: number): void {
  if (result < 0) throw new Error(FFmpegError.strerror(result));
}
