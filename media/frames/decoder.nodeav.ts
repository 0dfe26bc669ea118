import { Worker } from 'node:worker_threads';
import { AppError } from '#protocol/errors.ts';
import type { AccessUnit } from '../packet.ts';
import { NAL, nalType } from '../h264/nal-unit.ts';
import { COUNTER, COUNTERS } from './decoder-messages.ts';
import type { DecoderReply, DecoderRequest, DecoderThreadData } from './decoder-messages.ts';
import type { Decoder, DecoderOptions, DecoderStats, OpenDecoder } from './decoder.port.ts';
import type { FrameShape } from './frame.ts';

/** Units on their way to a thread that no longer takes any, before they are dropped here. About 10 s of a camera. */
const MAX_UNTAKEN_UNITS = 256;
const MAX_POSTERS_WAITING = 8;
/** A thread that does not leave by itself (stuck in a native call) is ended. */
const LEAVE_WITHIN_MS = 2000;
const START_CODE_BYTES = 4;
const NO_BYTES = new Uint8Array();

/** Decodes on a worker thread of its own with FFmpeg (node-av), whose library is loaded there only. */
export const openDecoder: OpenDecoder = (options) => new ThreadedDecoder(options);

class ThreadedDecoder implements Decoder {
  private readonly options: DecoderOptions;
  private readonly counters = new Uint32Array(new SharedArrayBuffer(COUNTERS * Uint32Array.BYTES_PER_ELEMENT));
  private readonly thread: Worker;
  private readonly posters = new Map<number, (jpeg: Uint8Array | null) => void>();
  private nextPosterId = 1;
  private pushed = 0;
  private handedOn = 0;
  private droppedHere = 0;
  private needsKeyFrame = true;
  private isClosed = false;

  constructor(options: DecoderOptions) {
    this.options = options;
    const workerData: DecoderThreadData = { shape: options.shape, maxFps: options.maxFps, counters: this.counters };
    this.thread = new Worker(new URL('./decoder-thread.ts', import.meta.url), {
      name: `decode ${options.camera}`,
      workerData,
    });
    this.thread.on('message', (reply: DecoderReply) => {
      this.receive(reply);
    });
    this.thread.on('error', (cause) => {
      this.fail(cause);
    });
    this.thread.on('exit', () => {
      this.fail(null);
    });
  }

  push(unit: AccessUnit): void {
    if (this.isClosed || (this.needsKeyFrame && !unit.isKeyFrame)) {
      this.droppedHere += 1;
      return;
    }
    const untaken = (this.pushed - Atomics.load(this.counters, COUNTER.taken)) >>> 0;
    this.needsKeyFrame = untaken >= MAX_UNTAKEN_UNITS;
    if (this.needsKeyFrame) {
      this.droppedHere += 1;
      return;
    }
    this.pushed += 1;
    const data = annexB(unit.nalUnits);
    const { isKeyFrame, ticks90k, receivedAtMs } = unit;
    const parameterSets = isKeyFrame ? Buffer.concat(unit.nalUnits.filter(isParameterSet)) : NO_BYTES;
    this.send({ kind: 'unit', data, isKeyFrame, parameterSets, ticks90k, receivedAtMs }, [data.buffer]);
  }

  reshape(shape: FrameShape): void {
    this.send({ kind: 'reshape', shape });
  }

  poster(maxWidthPx: number): Promise<Uint8Array | null> {
    if (this.isClosed || this.posters.size >= MAX_POSTERS_WAITING) return Promise.resolve(null);
    const id = this.nextPosterId;
    this.nextPosterId += 1;
    return new Promise((resolve) => {
      this.posters.set(id, resolve);
      this.send({ kind: 'poster', id, maxWidthPx });
    });
  }

  stats(): DecoderStats {
    return {
      decoded: Atomics.load(this.counters, COUNTER.decoded),
      handedOn: this.handedOn,
      dropped: this.droppedHere + Atomics.load(this.counters, COUNTER.dropped),
      errors: Atomics.load(this.counters, COUNTER.errors),
    };
  }

  close(): void {
    if (this.isClosed) return;
    this.send({ kind: 'close' });
    this.retire();
    const deadline = setTimeout(() => void this.thread.terminate(), LEAVE_WITHIN_MS);
    deadline.unref();
    this.thread.once('exit', () => {
      clearTimeout(deadline);
    });
  }

  private receive(reply: DecoderReply): void {
    if (this.isClosed) return;
    if (reply.kind === 'poster') {
      this.posters.get(reply.id)?.(reply.jpeg);
      this.posters.delete(reply.id);
      return;
    }
    this.send({ kind: 'frame-taken' });
    this.handedOn += 1;
    this.options.onFrame(reply.frame);
  }

  private fail(cause: unknown): void {
    if (this.isClosed) return;
    this.retire();
    const why = cause instanceof Error ? cause.message : 'it ended by itself';
    const message = `the thread that decodes ${this.options.camera} stopped: ${why}`;
    this.options.onFailed(new AppError('media.decode-failed', message, { cause }));
  }

  private retire(): void {
    this.isClosed = true;
    for (const resolve of this.posters.values()) resolve(null);
    this.posters.clear();
  }

  private send(request: DecoderRequest, moved: ArrayBuffer[] = []): void {
    if (!this.isClosed) this.thread.postMessage(request, moved);
  }
}

function isParameterSet(nalUnit: Buffer): boolean {
  return nalType(nalUnit) === NAL.sps || nalType(nalUnit) === NAL.pps;
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
