import { COUNTER, type ChannelOptions, type ThreadUnit } from './decoder-messages.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';
import { PictureDecoder } from './h264.nodeav.ts';
import { FrameSampler } from './sampler.ts';
import { UnitQueue } from './unit-queue.ts';

/** This many refused or faulty units in a row: the references are worthless, start again at a key frame. */
const FAULTS_BEFORE_SKIP = 10;
/** Arrival times kept for units inside the decoder; it never holds back more than 16 pictures (H.264 A.3.1). */
const ARRIVALS_KEPT = 32;

/**
 * One camera in a decoding thread: access units in, frames in the detector's shape out. It can skip to a key frame when it
 * is late, and keeps the newest picture only. The thread gives it its turns and closes it.
 */
export class DecodeChannel {
  private readonly counters: ChannelOptions['counters'];
  private readonly onFrame: (frame: AnalysisFrame) => void;
  private readonly decoder = new PictureDecoder();
  private readonly sampler: FrameSampler;
  private readonly queue = new UnitQueue<ThreadUnit>({
    catchUpUnits: 15,
    maxUnits: 150,
    maxBytes: 16 * 1024 * 1024,
  });
  private readonly arrivals = new Map<number, number>();
  private shape: FrameShape;
  private faultsInARow = 0;
  /** What the decoder was started with, and whether a fault since then casts doubt on what it learned. */
  private parameterSets: Uint8Array = new Uint8Array();
  private isInDoubt = false;
  /** One frame may be on its way; until it is taken, newer ones replace each other here. */
  private isFrameAway = false;
  private isFrameWaiting = false;
  private newest = { ticks90k: 0, receivedAtMs: 0 };

  constructor({ shape, maxFps, counters }: ChannelOptions, onFrame: (frame: AnalysisFrame) => void) {
    this.shape = shape;
    this.counters = counters;
    this.sampler = new FrameSampler(maxFps);
    this.onFrame = onFrame;
  }

  /** A unit waits that could be decoded now. */
  get isReady(): boolean {
    return this.queue.length > 0;
  }

  accept(unit: ThreadUnit): void {
    Atomics.add(this.counters, COUNTER.taken, 1);
    Atomics.add(this.counters, COUNTER.dropped, this.queue.push(unit));
  }

  /** Decodes the unit that waited longest. */
  step(): void {
    const unit = this.queue.shift();
    if (unit !== undefined) this.decode(unit);
  }

  reshape(shape: FrameShape): void {
    this.shape = shape;
  }

  frameTaken(): void {
    this.isFrameAway = false;
    this.handOn();
  }

  jpeg(maxWidthPx: number): Uint8Array<ArrayBuffer> | null {
    return this.decoder.jpeg(maxWidthPx);
  }

  close(): void {
    this.decoder.close();
  }

  private decode(unit: ThreadUnit): void {
    this.arrivals.set(unit.ticks90k, unit.receivedAtMs);
    if (unit.isKeyFrame && (this.isInDoubt || Buffer.compare(this.parameterSets, unit.parameterSets) !== 0)) {
      this.decoder.restart();
      this.parameterSets = unit.parameterSets;
      this.isInDoubt = false;
    }
    const isClean = this.decoder.decode(unit.data, unit.ticks90k, (ticks90k) => {
      this.decoded(ticks90k, this.arrivals.get(ticks90k) ?? unit.receivedAtMs);
    });
    this.forgetArrivals();
    if (isClean) this.faultsInARow = 0;
    else this.faulty();
  }

  private decoded(ticks90k: number, receivedAtMs: number): void {
    Atomics.add(this.counters, COUNTER.decoded, 1);
    this.newest = { ticks90k, receivedAtMs };
    if (!this.sampler.wants(ticks90k)) return;
    if (this.isFrameWaiting) Atomics.add(this.counters, COUNTER.dropped, 1);
    this.isFrameWaiting = true;
    this.handOn();
  }

  private faulty(): void {
    Atomics.add(this.counters, COUNTER.errors, 1);
    this.isInDoubt = true;
    this.faultsInARow += 1;
    if (this.faultsInARow < FAULTS_BEFORE_SKIP) return;
    this.faultsInARow = 0;
    Atomics.add(this.counters, COUNTER.dropped, this.queue.skipToKeyFrame());
  }

  private handOn(): void {
    if (this.isFrameAway || !this.isFrameWaiting) return;
    const picture = this.decoder.rgb(this.shape);
    if (picture === null) return;
    this.isFrameWaiting = false;
    this.isFrameAway = true;
    const { widthPx, heightPx } = this.shape;
    this.onFrame({ ...picture, widthPx, heightPx, ...this.newest });
  }

  private forgetArrivals(): void {
    for (const ticks90k of this.arrivals.keys()) {
      if (this.arrivals.size <= ARRIVALS_KEPT) return;
      this.arrivals.delete(ticks90k);
    }
  }
}
