import { AV_LOG_ERROR, AV_PIX_FMT_YUV420P, Encoder, FF_ENCODER_LIBX264, Frame, Log } from 'node-av';
import { AppError } from '#protocol/errors.ts';
import { splitNalUnits } from '../h264/annexb.ts';
import { NAL, nalType } from '../h264/nal-unit.ts';
import { BARCODE_MIN_WIDTH_PX, drawBarcode } from './barcode.ts';
import { findParameterSets, type Source, type SourceUnit } from './source.ts';

export interface LiveBarcodeOptions {
  /** Even, at least 640. */
  readonly widthPx: number;
  /** Even. */
  readonly heightPx: number;
  /** Whole. */
  readonly fps: number;
  readonly bitsPerSecond: number;
  readonly gopUnits: number;
}

/** The opener closes it. */
export interface LiveBarcodeSource extends Source {
  /** The next picture is a key frame, whatever its number. */
  refresh(): void;
  /** Settles when the encoder is freed; pictures asked for after it reject with AppError `aborted`. */
  close(): Promise<void>;
}

/**
 * A moving picture with the wall clock burned in as a bar code, drawn and encoded at the moment it is asked for: what a
 * viewer reads in it tells how old it is. Costs about 0.1 core at 1280x720, 25 fps; only while somebody plays.
 */
export async function openLiveBarcode(options: LiveBarcodeOptions): Promise<LiveBarcodeSource> {
  const { widthPx, heightPx, fps, gopUnits } = options;
  if (widthPx < BARCODE_MIN_WIDTH_PX || widthPx % 2 !== 0 || heightPx % 2 !== 0) {
    throw new AppError('input.invalid', 'a bar code needs an even size and at least 640 pixels of width');
  }
  // x264 tells its settings and statistics on stderr otherwise.
  Log.setLevel(AV_LOG_ERROR);
  const canvas = new MovingPicture(widthPx, heightPx);
  let encoder = await createEncoder(options);
  let next = 0;
  let isClosed = false;

  let underWay: Promise<unknown> = Promise.resolve();

  /** One at a time: an encoder must not be freed or fed while it works. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = underWay.then(work);
    underWay = done.catch(() => undefined);
    return done;
  };
  const encode = async (index: number): Promise<SourceUnit> => {
    if (isClosed) throw new AppError('aborted', 'the live picture was closed');
    // After a pause the old encoder's pictures are nobody's any more; a new one begins with a key frame.
    if (index !== next) {
      encoder[Symbol.dispose]();
      encoder = await createEncoder(options);
    }
    next = index + 1;
    using frame = Frame.fromVideoBuffer(canvas.draw(index, Date.now()), {
      width: widthPx,
      height: heightPx,
      format: AV_PIX_FMT_YUV420P,
      pts: BigInt(index),
      timeBase: { num: 1, den: fps },
    });
    const packets = await encoder.encodeAll(frame);
    const isKeyFrame = packets.some((packet) => packet.isKeyframe);
    const nalUnits = packets.flatMap((packet) => splitNalUnits(Buffer.from(packet.data ?? [])));
    for (const packet of packets) packet.free();
    return { nalUnits: nalUnits.filter((nalUnit) => nalType(nalUnit) !== NAL.sei), isKeyFrame };
  };

  const parameterSets = findParameterSets((await encode(0)).nalUnits);
  next = -1;
  return {
    fps,
    phaseMs: 0,
    parameterSets: () => Promise.resolve(parameterSets),
    nextKeyFrame: (i) => Math.ceil(i / gopUnits) * gopUnits,
    unit: (i) => inTurn(() => encode(i)),
    refresh: () => {
      next = -1;
    },
    close: () =>
      inTurn(() => {
        if (!isClosed) encoder[Symbol.dispose]();
        isClosed = true;
        return Promise.resolve();
      }),
  };
}

function createEncoder(options: LiveBarcodeOptions): Promise<Encoder> {
  return Encoder.create(FF_ENCODER_LIBX264, {
    bitrate: options.bitsPerSecond,
    gopSize: options.gopUnits,
    maxBFrames: 0,
    context: { threadCount: 1 },
    options: {
      preset: 'ultrafast',
      tune: 'zerolatency',
      profile: 'baseline',
      'x264-params': 'sliced-threads=0:scenecut=0:repeat-headers=1',
    },
  });
}

/** A grey wall with fixed grain, a bright square walking across it and the clock on top; YUV 4:2:0. */
class MovingPicture {
  readonly #widthPx: number;
  readonly #heightPx: number;
  readonly #wall: Buffer;
  readonly #picture: Buffer;

  constructor(widthPx: number, heightPx: number) {
    this.#widthPx = widthPx;
    this.#heightPx = heightPx;
    this.#wall = Buffer.from(
      Array.from({ length: widthPx * heightPx }, (_, i) => 90 + (Math.imul(i, 2654435761) >>> 28)),
    );
    this.#picture = Buffer.alloc((widthPx * heightPx * 3) / 2, 128);
  }

  /** The buffer is reused by the next call. */
  draw(index: number, epochMs: number): Buffer {
    const side = Math.floor(this.#heightPx / 4);
    const left = (index * 7) % (this.#widthPx - side);
    this.#wall.copy(this.#picture);
    for (let row = side; row < 2 * side; row++) {
      this.#picture.fill(200, row * this.#widthPx + left, row * this.#widthPx + left + side);
    }
    drawBarcode(this.#picture, this.#widthPx, epochMs);
    return this.#picture;
  }
}
