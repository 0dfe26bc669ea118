import { availableParallelism } from 'node:os';
import { AppError } from '#protocol/errors.ts';
import type { AccessUnit } from '../packet.ts';
import { codecs } from '../video-codecs.ts';
import { DecodeThreads, type DecodeSeat } from './decode-threads.ts';
import { COUNTER, COUNTERS, sharedNumbers, type ThreadReply } from './decoder-messages.ts';
import type { Attention, Decoder, DecoderOptions, DecoderStats, OpenDecoder, UnitUse } from './decoder.port.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';

/** Units on their way to a thread that no longer takes any, before they are dropped here. About 20 s of a camera. */
const MAX_UNTAKEN_UNITS = 512;
const MAX_POSTERS_WAITING = 8;
const START_CODE_BYTES = 4;
const NO_BYTES = new Uint8Array();

/** Decodes with FFmpeg (node-av) on at most so many threads, each shared by many cameras. Only they load its library. */
export function openDecoders(threads: number): OpenDecoder {
  const shared = new DecodeThreads(threads);
  return (options) => new ThreadedDecoder(options, shared);
}

/** This process's own: a core's worth for each core. */
const own = new DecodeThreads(availableParallelism());
const KEPT_THREADS = 2;

/** With this process's own threads. */
export const openDecoder: OpenDecoder = (options) => new ThreadedDecoder(options, own);

/** Loads FFmpeg in the threads of the first cameras, which otherwise wait for it. They stay until the process ends. */
export async function keepDecodersReady(): Promise<void> {
  const nothing = { camera: 'none', shape: { widthPx: 16, heightPx: 16, fit: 'letterbox' }, maxFps: 1 } as const;
  const ignored = { onFrame: () => undefined, onFailed: () => undefined };
  const decoders = Array.from({ length: own.keep(KEPT_THREADS) }, () => openDecoder({ ...nothing, ...ignored }));
  await Promise.all(decoders.map(({ ready }) => ready));
  for (const decoder of decoders) decoder.close();
}

class ThreadedDecoder implements Decoder {
  readonly ready: Promise<void>;
  private readonly options: DecoderOptions;
  private readonly counters = sharedNumbers(COUNTERS);
  private readonly seat: DecodeSeat;
  private readonly posters = new Map<number, (jpeg: Uint8Array | null) => void>();
  private attention: Attention;
  private setReady: () => void = () => undefined;
  private nextPosterId = 1;
  private pushed = 0;
  private handedOn = 0;
  private droppedHere = 0;
  private needsKeyFrame = true;
  private isClosed = false;

  constructor(options: DecoderOptions, threads: DecodeThreads) {
    this.options = options;
    this.ready = new Promise((resolve) => {
      this.setReady = resolve;
    });
    this.seat = threads.seat({
      onReply: (reply) => {
        this.receive(reply);
      },
      onLost: (why, cause) => {
        this.fail(`the thread that decodes ${this.options.camera} stopped: ${why}`, cause);
      },
    });
    const { channel } = this.seat;
    const { shape, maxFps, onStill, onTraits } = options;
    const { counters } = this;
    this.attention = { sight: 'somebody', maxFps };
    const wants = { hasGate: onStill !== undefined, hasTraits: onTraits !== undefined };
    this.seat.send({ kind: 'open', channel, options: { shape, maxFps, ...wants, counters } });
  }

  push(unit: AccessUnit, use: UnitUse = 'live'): void {
    if (this.isClosed || (this.needsKeyFrame && !unit.isKeyFrame)) {
      this.drop(unit, use);
      return;
    }
    const untaken = (this.pushed - Atomics.load(this.counters, COUNTER.taken)) >>> 0;
    this.needsKeyFrame = untaken >= MAX_UNTAKEN_UNITS;
    if (this.needsKeyFrame) {
      this.drop(unit, use);
      return;
    }
    this.pushed += 1;
    const data = annexB(unit.nalUnits);
    const { codec, isKeyFrame, ticks90k, receivedAtMs } = unit;
    const isSet = (nalUnit: Buffer): boolean => codecs[codec].kindOf(nalUnit) === 'parameter set';
    const parameterSets = isKeyFrame ? Buffer.concat(unit.nalUnits.filter(isSet)) : NO_BYTES;
    const sent = { codec, data, isKeyFrame, parameterSets, ticks90k, receivedAtMs, use };
    this.seat.send({ kind: 'unit', channel: this.seat.channel, unit: sent }, [data.buffer]);
  }

  attend(attention: Attention): void {
    if (attention.sight === this.attention.sight && attention.maxFps === this.attention.maxFps) return;
    this.attention = attention;
    this.seat.send({ kind: 'attend', channel: this.seat.channel, attention });
  }

  reshape(shape: FrameShape): void {
    this.seat.send({ kind: 'reshape', channel: this.seat.channel, shape });
  }

  poster(maxWidthPx: number): Promise<Uint8Array | null> {
    if (this.isClosed || this.posters.size >= MAX_POSTERS_WAITING) return Promise.resolve(null);
    const id = this.nextPosterId;
    this.nextPosterId += 1;
    return new Promise((resolve) => {
      this.posters.set(id, resolve);
      this.seat.send({ kind: 'poster', channel: this.seat.channel, id, maxWidthPx });
    });
  }

  stats(): DecoderStats {
    const counted = (counter: keyof typeof COUNTER): number => Atomics.load(this.counters, COUNTER[counter]);
    return {
      decoded: counted('decoded'),
      handedOn: this.handedOn,
      still: counted('still'),
      dropped: this.droppedHere + counted('dropped'),
      overtaken: counted('overtaken'),
      errors: counted('errors'),
    };
  }

  close(): void {
    if (this.isClosed) return;
    this.retire();
  }

  private receive(reply: ThreadReply): void {
    if (this.isClosed) return;
    switch (reply.kind) {
      case 'opened':
        this.setReady();
        break;
      case 'poster':
        this.posters.get(reply.id)?.(reply.jpeg);
        this.posters.delete(reply.id);
        break;
      case 'frame':
        void this.handOn(reply.frame);
        break;
      case 'still':
        this.options.onStill?.(reply.picture);
        break;
      case 'look':
        this.options.onLook?.(reply.look);
        break;
      case 'traits':
        this.options.onTraits?.(reply.traits);
        break;
      case 'failed':
        this.fail(`the pictures of ${this.options.camera} cannot be decoded: ${reply.message}`, null);
    }
  }

  private async handOn(frame: AnalysisFrame): Promise<void> {
    this.handedOn += 1;
    try {
      await this.options.onFrame(frame);
    } finally {
      this.seat.send({ kind: 'frame-taken', channel: this.seat.channel });
    }
  }

  /** A look is answered whatever happens. */
  private drop({ ticks90k }: AccessUnit, use: UnitUse): void {
    this.droppedHere += 1;
    if (use === 'look' && !this.isClosed) this.options.onLook?.({ ticks90k, frame: null });
  }

  private fail(message: string, cause: unknown): void {
    if (this.isClosed) return;
    this.retire();
    this.options.onFailed(new AppError('media.decode-failed', message, { cause }));
  }

  private retire(): void {
    this.isClosed = true;
    this.setReady();
    for (const resolve of this.posters.values()) resolve(null);
    this.posters.clear();
    this.seat.send({ kind: 'close', channel: this.seat.channel });
    this.seat.leave();
  }
}

/** The unit as a byte stream in a buffer of its own, so that it can be moved to the thread. */
function annexB(nalUnits: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const sizeBytes = nalUnits.reduce((sum, nalUnit) => sum + START_CODE_BYTES + nalUnit.length, 0);
  const bytes = new Uint8Array(sizeBytes);
  let at = 0;
  for (const nalUnit of nalUnits) {
    bytes[at + 3] = 1;
    bytes.set(nalUnit, at + START_CODE_BYTES);
    at += START_CODE_BYTES + nalUnit.length;
  }
  return bytes;
}
