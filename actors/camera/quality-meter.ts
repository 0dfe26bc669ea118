import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraMeasured } from '#protocol/camera-quality.ts';
import type { Undecided } from '#protocol/facts.ts';
import type { Vouched } from '#media/fork/still-hold.ts';
import type { LineTally } from '../counting/line-counter.ts';
import type { Track } from '../tracking/track.ts';

/** Below this rate people may cross a line between two frames. */
const FPS_NEEDED = 4;
/** How long the rate is watched before it is judged, and how far below what is needed it may be by chance. */
const JUDGED_EVERY_MS = 5_000;
const TOLERANCE = 0.9;
const MEASURED_EVERY_MS = 60_000;

/** Running totals that others keep. */
export interface QualityTotals {
  readonly droppedDecoding: number;
  /** Frames that were replaced by newer ones before a detector was free, counted where they are made. */
  readonly overtaken?: number;
  /** By line id; a line that begins anew starts at nothing. */
  readonly tallies: Readonly<Record<string, LineTally>>;
}

interface Sums {
  readonly fromMs: number;
  frames: number;
  people: number;
  scores: number;
  droppedWaiting: number;
  failed: number;
  degradedMs: number;
}

/** How well one camera can be counted. Told of each frame, and asked about the time; one measurement a minute comes out. */
export class QualityMeter {
  #config: CameraConfig;
  #sums: Sums | null = null;
  #totals: QualityTotals = { droppedDecoding: 0, tallies: {} };
  #model: string | null = null;
  #judgedAtMs = 0;
  #framesJudged = 0;

  constructor(config: CameraConfig) {
    this.#config = config;
  }

  configure(config: CameraConfig): void {
    this.#config = config;
  }

  /** A frame was tracked. */
  frame(seen: readonly Track[], model: string): void {
    this.#model = model;
    if (this.#sums === null) return;
    this.#sums.frames += 1;
    this.#sums.people += seen.length;
    this.#sums.scores += seen.reduce((sum, { score }) => sum + score, 0);
  }

  /** Pictures that were not decoded, since nothing happened in them, did their duty as frames at the rate that is wanted. */
  vouched({ pictures, forMs }: Vouched): void {
    if (this.#sums !== null) this.#sums.frames += Math.min(pictures, (forMs * this.#config.analysisFps) / 1000);
  }

  /** A frame was overtaken while it waited for a detector. */
  overtaken(): void {
    if (this.#sums !== null) this.#sums.droppedWaiting += 1;
  }

  failed(): void {
    if (this.#sums !== null) this.#sums.failed += 1;
  }

  /** To be called every second or so. Measuring begins with the first call, on the stroke of the minute ends with one. */
  tick(nowMs: number, totals: QualityTotals): Undecided<CameraMeasured> | null {
    if (this.#sums === null) {
      this.#begin(nowMs, totals);
      return null;
    }
    this.#judge(nowMs, this.#sums);
    if (Math.floor(nowMs / MEASURED_EVERY_MS) === Math.floor(this.#sums.fromMs / MEASURED_EVERY_MS)) return null;
    const measured = this.#measured(nowMs, this.#sums, totals);
    this.#begin(nowMs, totals);
    return measured;
  }

  #begin(fromMs: number, totals: QualityTotals): void {
    this.#sums = { fromMs, frames: 0, people: 0, scores: 0, droppedWaiting: 0, failed: 0, degradedMs: 0 };
    this.#totals = totals;
    this.#judgedAtMs = fromMs;
    this.#framesJudged = 0;
  }

  #judge(nowMs: number, sums: Sums): void {
    const forMs = nowMs - this.#judgedAtMs;
    if (forMs < JUDGED_EVERY_MS) return;
    const needed = Math.min(FPS_NEEDED, this.#config.analysisFps) * TOLERANCE;
    const reached = ((sums.frames - this.#framesJudged) * 1000) / forMs;
    if (reached < needed) sums.degradedMs += forMs;
    this.#judgedAtMs = nowMs;
    this.#framesJudged = sums.frames;
  }

  #measured(untilMs: number, sums: Sums, totals: QualityTotals): Undecided<CameraMeasured> {
    const { fromMs, frames, people, scores, droppedWaiting, failed, degradedMs } = sums;
    const tally = (of: keyof LineTally): number =>
      Object.entries(totals.tallies).reduce((sum, [line, now]) => {
        return sum + grownBy(this.#totals.tallies[line]?.[of] ?? 0, now[of]);
      }, 0);
    return {
      type: 'CameraMeasured',
      camera: this.#config.id,
      fromMs,
      untilMs,
      frames: Math.round(frames),
      fpsWanted: this.#config.analysisFps,
      fpsReached: (frames * 1000) / (untilMs - fromMs),
      confidence: people === 0 ? null : scores / people,
      droppedDecoding: grownBy(this.#totals.droppedDecoding, totals.droppedDecoding),
      droppedWaiting: droppedWaiting + grownBy(this.#totals.overtaken ?? 0, totals.overtaken ?? 0),
      failed,
      degradedMs,
      tracksAtLines: tally('entered'),
      crossings: tally('counted'),
      model: this.#model,
      cameraRevision: this.#config.revision,
    };
  }
}

/** A total that is smaller than before began anew in between. */
function grownBy(before: number, now: number): number {
  return now >= before ? now - before : now;
}
