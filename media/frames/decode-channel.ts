import { COUNTER, type ChannelOptions, type ThreadUnit } from './decoder-messages.ts';
import type { Attention, Look, StillPicture, UnitUse } from './decoder.port.ts';
import type { AnalysisFrame, FrameShape } from './frame.ts';
import { PictureDecoder } from './h264.nodeav.ts';
import { GATE_COLUMNS, GATE_ROWS, MotionGate } from './motion-gate.ts';
import { FrameSlot } from './frame-slot.ts';
import { FrameSampler } from './sampler.ts';
import { TRAITS_HEIGHT_PX, TRAITS_WIDTH_PX, type PictureTraits } from './traits/picture-traits.ts';
import { TraitsTaker } from './traits/traits-taker.ts';
import { UnitQueue } from './unit-queue.ts';

/** This many refused or faulty units in a row: the references are worthless, start again at a key frame. */
const FAULTS_BEFORE_SKIP = 10;
/** Arrival times kept for units inside the decoder; it never holds back more than 16 pictures (H.264 A.3.1). */
const ARRIVALS_KEPT = 32;

/** However still a scene is, a detector looks at it so often: what the gate does not see must not stay unseen. */
const FRAME_AT_LEAST_EVERY_MS = 1_000;

export interface ChannelOutlet {
  onFrame(frame: AnalysisFrame): void;
  onStill(picture: StillPicture): void;
  onLook(look: Look): void;
  onTraits(traits: PictureTraits): void;
}

interface PictureTimes {
  readonly ticks90k: number;
  readonly receivedAtMs: number;
}

/**
 * One camera in a decoding thread: access units in, frames in the detector's shape out, save for pictures in which nothing
 * moved. It can skip to a key frame when it is late, and keeps the newest picture only. The thread gives it its turns and
 * closes it.
 */
export class DecodeChannel {
  private readonly counters: ChannelOptions['counters'];
  private readonly outlet: ChannelOutlet;
  private readonly decoder = new PictureDecoder();
  private readonly sampler: FrameSampler;
  private readonly gate: MotionGate | null;
  private readonly traits: TraitsTaker | null;
  private readonly queue = new UnitQueue<ThreadUnit>({
    catchUpUnits: 30,
    maxUnits: 450,
    maxBytes: 16 * 1024 * 1024,
  });
  private readonly arrivals = new Map<number, number>();
  private shape: FrameShape;
  private sight: Attention['sight'] = 'somebody';
  private faultsInARow = 0;
  /** What the decoder was started with, and whether a fault since then casts doubt on what it learned. */
  private parameterSets: Uint8Array = new Uint8Array();
  private isInDoubt = false;
  /** Units that were held back are decoded no faster than their frames are taken, and those behind them wait. */
  private isCatchingUp = false;
  /** One frame may be on its way; until it is taken, newer pictures replace each other here. */
  private isFrameAway = false;
  private waiting: 'frame' | StillPicture | null = null;
  private newest: PictureTimes = { ticks90k: 0, receivedAtMs: 0 };
  private framedAtTicks = -Infinity;
  /** A look may be under way while frames come again. */
  private readonly frameSlot = new FrameSlot();
  private readonly lookSlot = new FrameSlot();

  constructor({ shape, maxFps, hasGate, hasTraits, counters }: ChannelOptions, outlet: ChannelOutlet) {
    this.shape = shape;
    this.counters = counters;
    this.sampler = new FrameSampler(maxFps);
    this.gate = hasGate ? new MotionGate() : null;
    this.traits = hasTraits ? new TraitsTaker() : null;
    this.outlet = outlet;
  }

  /** A unit waits that could be decoded now. */
  get isReady(): boolean {
    return this.queue.length > 0 && !(this.isCatchingUp && this.isFrameAway);
  }

  accept(unit: ThreadUnit): void {
    this.count('taken');
    this.isCatchingUp ||= unit.use === 'late';
    this.count('dropped', this.queue.push(unit, this.isCatchingUp));
  }

  /** Decodes the unit that waited longest. */
  step(): void {
    const unit = this.queue.shift();
    if (unit !== undefined) this.decode(unit);
    if (this.queue.length === 0) this.isCatchingUp = false;
  }

  attend({ sight, maxFps }: Attention): void {
    this.sight = sight;
    this.sampler.pace(maxFps);
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
    const { ticks90k, receivedAtMs, use } = unit;
    this.arrivals.set(ticks90k, receivedAtMs);
    if (unit.isKeyFrame && (this.isInDoubt || Buffer.compare(this.parameterSets, unit.parameterSets) !== 0)) {
      this.decoder.restart(unit.codec);
      this.parameterSets = unit.parameterSets;
      this.isInDoubt = false;
    }
    if (unit.isKeyFrame) this.traits?.keyFrame();
    let isSeen = false;
    const isClean = this.decoder.decode(unit.data, ticks90k, (shownTicks90k) => {
      this.count('decoded');
      isSeen = true;
      this.newest = { ticks90k: shownTicks90k, receivedAtMs: this.arrivals.get(shownTicks90k) ?? receivedAtMs };
      this.takeTraits(shownTicks90k);
      this.decoded(this.newest, use);
    });
    this.forgetArrivals();
    if (use === 'look' && !isSeen) this.outlet.onLook({ ticks90k, frame: null });
    if (isClean) this.faultsInARow = 0;
    else this.faulty();
  }

  private decoded({ ticks90k, receivedAtMs }: PictureTimes, use: UnitUse): void {
    if (use === 'chain') return;
    if (use === 'look') {
      this.outlet.onLook({ ticks90k, frame: this.isOpen(ticks90k) ? null : this.newestFrame(this.lookSlot) });
      return;
    }
    if (!this.sampler.wants(ticks90k)) return;
    const isFrame = this.isOpen(ticks90k) || this.isDue(ticks90k) || use === 'late' || this.sight === 'near';
    const stillForMs = this.gate?.stillForMs(ticks90k / 90) ?? 0;
    if (this.waiting !== null) this.count('overtaken');
    if (!isFrame) this.count('still');
    this.waiting = isFrame ? 'frame' : { ticks90k, receivedAtMs, stillForMs };
    this.handOn();
  }

  /** Not of what came after damage: it may be smeared, and the camera is not to blame. */
  private takeTraits(ticks90k: number): void {
    if (this.isInDoubt) return;
    const traits = this.traits?.picture(ticks90k, () => this.decoder.luma(TRAITS_WIDTH_PX, TRAITS_HEIGHT_PX)) ?? null;
    if (traits !== null) this.outlet.onTraits(traits);
  }

  private isOpen(ticks90k: number): boolean {
    const means = this.gate === null ? null : this.decoder.lumaGrid(GATE_COLUMNS, GATE_ROWS);
    return this.gate === null || means === null || this.gate.look(means, ticks90k / 90, this.sight === 'nobody');
  }

  /** Also after a step back. */
  private isDue(ticks90k: number): boolean {
    return ticks90k < this.framedAtTicks || ticks90k - this.framedAtTicks >= FRAME_AT_LEAST_EVERY_MS * 90;
  }

  private faulty(): void {
    this.count('errors');
    this.isInDoubt = true;
    this.faultsInARow += 1;
    if (this.faultsInARow < FAULTS_BEFORE_SKIP) return;
    this.faultsInARow = 0;
    this.count('dropped', this.queue.skipToKeyFrame());
  }

  /** In the order of their times: a still picture waits for the frame before it, too. */
  private handOn(): void {
    const { waiting } = this;
    if (this.isFrameAway || waiting === null) return;
    this.waiting = null;
    if (waiting !== 'frame') {
      this.outlet.onStill(waiting);
      return;
    }
    const frame = this.newestFrame(this.frameSlot);
    if (frame === null) return;
    this.isFrameAway = true;
    this.framedAtTicks = frame.ticks90k;
    this.outlet.onFrame(frame);
  }

  private newestFrame(slot: FrameSlot): AnalysisFrame | null {
    const picture = this.decoder.rgb(this.shape, (bytes) => slot.bytes(bytes));
    if (picture === null) return null;
    const { widthPx, heightPx } = this.shape;
    return { ...picture, widthPx, heightPx, ...this.newest };
  }

  private forgetArrivals(): void {
    for (const ticks90k of this.arrivals.keys()) {
      if (this.arrivals.size <= ARRIVALS_KEPT) return;
      this.arrivals.delete(ticks90k);
    }
  }

  private count(counter: keyof typeof COUNTER, by = 1): void {
    Atomics.add(this.counters, COUNTER[counter], by);
  }
}
