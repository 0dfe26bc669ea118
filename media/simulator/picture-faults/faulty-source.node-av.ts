import {
  AV_CODEC_ID_H264,
  AV_PICTURE_TYPE_NONE,
  Codec,
  CodecContext,
  FilterAPI,
  Frame,
  Packet,
  Rational,
} from 'node-av';
import { AppError } from '#protocol/errors.ts';
import type { LoopUnit } from '../loop.port.ts';
import { openFrameEncoder, type FrameEncoder } from '../scene-encoder.node-av.ts';
import { findParameterSets, type Source, type SourceUnit } from '../source.ts';
import { filterOf, type PictureFault } from './picture-fault.ts';

/** Groups kept: the one that plays, the next, which is made ahead, and one that somebody may still ask for. */
const KEPT_GROUPS = 3;
/** No source goes longer without a key frame. */
const LONGEST_GROUP = 1000;
const START_CODE = Buffer.from([0, 0, 0, 1]);

/**
 * What a camera with this fault sends instead: the source's pictures, decoded, spoilt and encoded again group by group while
 * they play, at a tenth of a core for 1280 x 720. The source stays its opener's.
 */
export function faultySource(source: Source, fault: PictureFault): Source {
  if (source.codec === 'H265') {
    throw new AppError('input.invalid', `"${fault.kind}" can be shown of a camera that sends H.264 only`);
  }
  const groups = new Map<number, Promise<readonly LoopUnit[]>>();
  let frozenAt: number | null = null;

  const spoilt = (start: number): Promise<readonly LoopUnit[]> => {
    frozenAt ??= start;
    const shown = fault.kind === 'frozen' ? frozenAt : start;
    const known = groups.get(shown);
    const group = known ?? spoil(source, shown, fault);
    // Whoever waits for it hears of a failure; while nobody does, it is nobody's.
    if (known === undefined) group.catch(() => groups.delete(shown));
    groups.delete(shown);
    groups.set(shown, group);
    for (const oldest of groups.keys()) if (groups.size > KEPT_GROUPS) groups.delete(oldest);
    return group;
  };

  return {
    fps: source.fps,
    phaseMs: source.phaseMs,
    nextKeyFrame: (i) => source.nextKeyFrame(i),
    parameterSets: async () => findParameterSets((await spoilt(0))[0]?.nalUnits ?? []),
    async unit(i): Promise<SourceUnit> {
      const start = groupOf(source, i);
      const group = await spoilt(start);
      if (i === start) void spoilt(source.nextKeyFrame(start + 1));
      // A picture that could not be decoded shows as the one before it.
      const unit = group[Math.min(i - start, group.length - 1)];
      if (unit === undefined)
        throw new AppError('camera.no-h264', 'a group of pictures holds none that can be decoded');
      return unit;
    },
  };
}

/** The key frame that picture i needs. */
function groupOf(source: Source, i: number): number {
  for (let start = i; start >= Math.max(0, i - LONGEST_GROUP); start -= 1) {
    if (source.nextKeyFrame(start) === start) return start;
  }
  throw new AppError('camera.no-h264', `picture ${String(i)} has no key frame before it`);
}

async function spoil(source: Source, start: number, fault: PictureFault): Promise<readonly LoopUnit[]> {
  const count = source.nextKeyFrame(start + 1) - start;
  const spoiler = new Spoiler(fault, source.fps, count);
  try {
    for (let i = start; i < start + count && !spoiler.isDone; i += 1) await spoiler.push(await source.unit(i));
    return await spoiler.finish();
  } finally {
    spoiler.close();
  }
}

/** One group of pictures on its way from units to units. Its asynchronous calls leave the thread to those that send. */
class Spoiler {
  readonly #fault: PictureFault;
  readonly #fps: number;
  readonly #count: number;
  readonly #decoder = new CodecContext();
  readonly #packet = new Packet();
  #filter: FilterAPI | null = null;
  #encoder: FrameEncoder | null = null;
  readonly #units: LoopUnit[] = [];
  #pictures = 0;

  constructor(fault: PictureFault, fps: number, count: number) {
    this.#fault = fault;
    this.#fps = Math.round(fps);
    this.#count = count;
    const codec = Codec.findDecoder(AV_CODEC_ID_H264);
    if (codec === null) throw new AppError('internal', 'this FFmpeg decodes no H.264');
    this.#decoder.allocContext3(codec);
    this.#decoder.threadCount = 1;
    this.#decoder.open2Sync(codec);
    this.#packet.alloc();
  }

  get isDone(): boolean {
    return this.#units.length >= this.#count;
  }

  async push(unit: SourceUnit): Promise<void> {
    this.#packet.unref();
    this.#packet.data = Buffer.concat(unit.nalUnits.flatMap((nalUnit) => [START_CODE, nalUnit]));
    await this.#decoder.sendPacket(this.#packet);
    await this.#collect();
  }

  /** Pictures in the order in which they are shown. */
  async finish(): Promise<readonly LoopUnit[]> {
    if (!this.isDone) {
      await this.#decoder.sendPacket(null);
      await this.#collect();
    }
    return this.#units;
  }

  close(): void {
    this.#packet.free();
    this.#decoder.freeContext();
    this.#filter?.close();
    this.#encoder?.close();
  }

  async #collect(): Promise<void> {
    while (!this.isDone) {
      using frame = new Frame();
      frame.alloc();
      if ((await this.#decoder.receiveFrame(frame)) < 0) return;
      frame.pts = BigInt(this.#pictures);
      frame.timeBase = new Rational(1, this.#fps);
      this.#pictures += 1;
      if (this.#fault.kind === 'frozen') for (let i = 0; i < this.#count; i += 1) await this.#encode(frame);
      else await this.#spoil(frame);
    }
  }

  async #spoil(frame: Frame): Promise<void> {
    const { width, height } = frame;
    this.#filter ??= FilterAPI.create(`${filterOf(this.#fault, width, height)},format=yuv420p`);
    for (const spoilt of await this.#filter.processAll(frame)) {
      await this.#encode(spoilt);
      spoilt.free();
    }
  }

  async #encode(frame: Frame): Promise<void> {
    const plan = { fps: this.#fps, unitsPerGop: this.#count, quality: 22, maxKbps: frame.height > 480 ? 2500 : 700 };
    this.#encoder ??= await openFrameEncoder(plan);
    // What it was in the source must not bind the encoder.
    frame.pictType = AV_PICTURE_TYPE_NONE;
    this.#units.push(await this.#encoder.encode(frame));
  }
}
