import {
  AV_CODEC_FLAG_LOW_DELAY,
  AV_CODEC_FLAG_QSCALE,
  AV_CODEC_ID_H264,
  AV_CODEC_ID_HEVC,
  AV_CODEC_ID_MJPEG,
  AV_LOG_QUIET,
  AV_PIX_FMT_GRAY8,
  AV_PIX_FMT_RGB24,
  AV_PIX_FMT_YUVJ420P,
  AVCOL_RANGE_JPEG,
  AVERROR_EAGAIN,
  AVERROR_EOF,
  FF_QP2LAMBDA,
  SWS_AREA,
  SWS_BILINEAR,
} from 'node-av/constants';
import type { AVPixelFormat, SwsFlags } from 'node-av/constants';
import { Codec, CodecContext, FFmpegError, Frame, Log, Packet, Rational, SoftwareScaleContext } from 'node-av/lib';
import type { CodecParameters } from 'node-av/lib';
import { AppError } from '#protocol/errors.ts';
import type { FrameShape, Letterbox } from './frame.ts';
import type { CodecName } from '../packet.ts';
import { LETTERBOX_GREY, letterboxFor } from './letterbox.ts';
import { blockMeans } from './luma-grid.ts';

/** swscale's vector code may write this far beyond the last pixel of a row. */
const OVERRUN_BYTES = 64;
/** MJPEG quantiser, 2 (best) to 31; 5 is about quality 90. */
const JPEG_QSCALE = 5;

const CODEC_IDS = { H264: AV_CODEC_ID_H264, H265: AV_CODEC_ID_HEVC } as const;

export interface RgbPicture {
  /** As in AnalysisFrame. A view: its buffer is a little longer. */
  readonly rgb: Uint8Array;
  readonly letterbox: Letterbox;
}

/**
 * FFmpeg's decoder on one thread, with scaling and JPEG of its newest picture. Every call runs on the caller's thread.
 * The maker closes it. Of a named codec it decodes units in Annex B form with the least delay, of a file's parameters its
 * packets.
 */
export class PictureDecoder {
  private coding: CodecName | CodecParameters;
  private context: CodecContext;
  private readonly packet = new Packet();
  private readonly incoming = new Frame();
  private readonly newest = new Frame();
  private hasNewest = false;
  private readonly toRgb24 = new Scaler(AV_PIX_FMT_RGB24);
  private readonly toYuvJ = new Scaler(AV_PIX_FMT_YUVJ420P);
  private readonly toGrey = new Scaler(AV_PIX_FMT_GRAY8, SWS_AREA);

  constructor(coding: CodecName | CodecParameters = 'H264') {
    Log.setLevel(AV_LOG_QUIET); // A bad picture is counted; FFmpeg would write to stderr for each.
    this.coding = coding;
    this.context = openContext(coding);
    this.packet.alloc();
    this.incoming.alloc();
    this.newest.alloc();
  }

  /**
   * Decodes one access unit; `onPicture` is called for each picture that comes out, with the time given for its unit,
   * and may ask for it by `rgb` and `jpeg`. Returns false when the unit was refused or came out with faults.
   */
  decode(unit: Uint8Array, ticks90k: number, onPicture: (ticks90k: number) => void): boolean {
    this.packet.unref();
    this.packet.data = Buffer.from(unit.buffer, unit.byteOffset, unit.byteLength);
    this.packet.pts = BigInt(ticks90k);
    return this.send(this.packet, onPicture);
  }

  /** Like `decode`, for a packet of a file; times are in the file's own time base. The packet stays the caller's. */
  send(packet: Packet | null, onPicture: (pts: number) => void): boolean {
    const sent = this.context.sendPacketSync(packet);
    let isClean = sent >= 0 || sent === AVERROR_EOF;
    for (;;) {
      const received = this.context.receiveFrameSync(this.incoming);
      if (received === AVERROR_EAGAIN || received === AVERROR_EOF) return isClean;
      if (received < 0) return false;
      if (this.incoming.decodeErrorFlags !== 0) isClean = false;
      this.newest.unref();
      check(this.newest.ref(this.incoming), 'keep the picture');
      this.hasNewest = true;
      this.incoming.unref();
      onPicture(Number(this.newest.bestEffortTimestamp));
    }
  }

  /**
   * Forgets all it learned from the stream; the next unit must be a key frame. The newest picture stays. FFmpeg's own
   * flush is not enough: after a damaged SPS it would go on holding back pictures, up to 16, for good.
   */
  restart(coding: CodecName | CodecParameters = this.coding): void {
    this.coding = coding;
    this.context.freeContext();
    this.context = openContext(coding);
  }

  /** The newest picture in a detector's shape, in memory of its own or that `memoryOf` gives; null before the first. */
  rgb(
    shape: FrameShape,
    memoryOf: (bytes: number) => ArrayBufferLike = (bytes) => new ArrayBuffer(bytes),
  ): RgbPicture | null {
    if (!this.hasNewest) return null;
    const letterbox = letterboxFor(shape, this.newest.width, this.newest.height);
    const { scaledWidthPx, scaledHeightPx } = letterbox;
    const rowBytes = shape.widthPx * 3;
    const buffer = memoryOf(rowBytes * shape.heightPx + OVERRUN_BYTES);
    this.toRgb24.into(this.newest, scaledWidthPx, scaledHeightPx, Buffer.from(buffer), rowBytes);
    const rgb = new Uint8Array(buffer, 0, rowBytes * shape.heightPx);
    if (scaledWidthPx < shape.widthPx) {
      for (let y = 0; y < scaledHeightPx; y += 1) {
        rgb.fill(LETTERBOX_GREY, y * rowBytes + scaledWidthPx * 3, (y + 1) * rowBytes);
      }
    }
    rgb.fill(LETTERBOX_GREY, scaledHeightPx * rowBytes);
    return { rgb, letterbox };
  }

  /** The newest picture's brightness, block by block; null before the first and where luma is not one byte a pixel. */
  lumaGrid(columns: number, rows: number): Float32Array | null {
    if (!this.hasNewest) return null;
    const { width, height, linesize } = this.newest;
    const plane = this.newest.data?.[0];
    const rowBytes = linesize[0] ?? 0;
    if (plane === undefined || plane.length < rowBytes * height || rowBytes < width) return null;
    return blockMeans({ plane, rowBytes, widthPx: width, heightPx: height }, columns, rows);
  }

  /**
   * The newest picture's luma squeezed into a size, row by row, 0 black to 255 white; null before the first, and of one that
   * would have to be enlarged by more than a third.
   */
  luma(widthPx: number, heightPx: number): Uint8Array<ArrayBuffer> | null {
    if (!this.hasNewest || 4 * this.newest.width < 3 * widthPx || 4 * this.newest.height < 3 * heightPx) return null;
    const buffer = new ArrayBuffer(widthPx * heightPx + OVERRUN_BYTES);
    this.toGrey.into(this.newest, widthPx, heightPx, Buffer.from(buffer), widthPx);
    return new Uint8Array(buffer, 0, widthPx * heightPx);
  }

  /** The newest picture as JPEG, at most `maxWidthPx` wide and never enlarged; null before the first. */
  jpeg(maxWidthPx: number): Uint8Array<ArrayBuffer> | null {
    if (!this.hasNewest) return null;
    const widthPx = even(Math.min(this.newest.width, maxWidthPx));
    const heightPx = even((this.newest.height * widthPx) / this.newest.width);
    using picture = this.toYuvJ.frame(this.newest, widthPx, heightPx);
    return encodeJpeg(picture);
  }

  close(): void {
    this.toRgb24.close();
    this.toYuvJ.close();
    this.toGrey.close();
    this.newest.free();
    this.incoming.free();
    this.packet.free();
    this.context.freeContext();
  }
}

function openContext(coding: CodecName | CodecParameters): CodecContext {
  const parameters = typeof coding === 'string' ? null : coding;
  const codec = Codec.findDecoder(typeof coding === 'string' ? CODEC_IDS[coding] : coding.codecId);
  if (codec === null) throw new AppError('media.decode-failed', 'no decoder for this codec');
  const context = new CodecContext();
  context.allocContext3(codec);
  if (parameters !== null) check(context.parametersToContext(parameters), 'read the codec parameters');
  context.threadCount = 1;
  if (parameters === null) context.setFlags(AV_CODEC_FLAG_LOW_DELAY);
  check(context.open2Sync(codec), 'open the decoder');
  return context;
}

/** One swscale context, made again when the picture's size or format changes in mid-stream. */
class Scaler {
  private readonly format: AVPixelFormat;
  private readonly method: SwsFlags;
  private context = new SoftwareScaleContext();
  private madeFor = '';

  constructor(format: AVPixelFormat, method: SwsFlags = SWS_BILINEAR) {
    this.format = format;
    this.method = method;
  }

  into(source: Frame, widthPx: number, heightPx: number, target: Buffer, rowBytes: number): void {
    this.prepare(source, widthPx, heightPx);
    const planes = (source.data ?? []).filter((plane) => plane.length > 0);
    const rows = this.context.scaleSync(planes, source.linesize, 0, source.height, [target], [rowBytes]);
    check(rows, 'scale the picture');
  }

  frame(source: Frame, widthPx: number, heightPx: number): Frame {
    this.prepare(source, widthPx, heightPx);
    const target = new Frame();
    target.alloc();
    target.width = widthPx;
    target.height = heightPx;
    target.format = this.format;
    check(target.getBuffer(), 'make room for a picture');
    check(this.context.scaleFrameSync(target, source), 'scale the picture');
    return target;
  }

  private prepare(source: Frame, widthPx: number, heightPx: number): void {
    const key = [source.width, source.height, source.format, widthPx, heightPx].join(' ');
    if (key === this.madeFor) return;
    this.close();
    this.context = new SoftwareScaleContext();
    const sourceFormat = source.format as AVPixelFormat;
    this.context.getContext(source.width, source.height, sourceFormat, widthPx, heightPx, this.format, this.method);
    this.madeFor = key;
  }

  close(): void {
    this.context.freeContext();
    this.madeFor = '';
  }
}

/** A poster is rare and its size may differ each time, so the encoder is made for it and goes with it. */
function encodeJpeg(picture: Frame): Uint8Array<ArrayBuffer> {
  const codec = Codec.findEncoder(AV_CODEC_ID_MJPEG);
  if (codec === null) throw new AppError('media.decode-failed', 'FFmpeg was built without its JPEG encoder');
  using context = new CodecContext();
  context.allocContext3(codec);
  context.width = picture.width;
  context.height = picture.height;
  context.pixelFormat = AV_PIX_FMT_YUVJ420P;
  context.colorRange = AVCOL_RANGE_JPEG;
  context.timeBase = new Rational(1, 90_000);
  context.threadCount = 1;
  context.setFlags(AV_CODEC_FLAG_QSCALE);
  check(context.open2Sync(codec), 'open the JPEG encoder');
  picture.quality = JPEG_QSCALE * FF_QP2LAMBDA;
  picture.pts = 0n;
  check(context.sendFrameSync(picture), 'encode a JPEG');
  using packet = new Packet();
  packet.alloc();
  check(context.receivePacketSync(packet), 'encode a JPEG');
  return new Uint8Array(packet.data ?? []);
}

function even(size: number): number {
  return Math.max(2, Math.round(size / 2) * 2);
}

function check(result: number, what: string): void {
  if (result >= 0) return;
  throw new AppError('media.decode-failed', `could not ${what}: ${FFmpegError.strerror(result)}`);
}
