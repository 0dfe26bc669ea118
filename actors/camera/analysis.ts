import type { CameraConfig } from '#protocol/camera.ts';
import type { CrossingDismissed, LineCrossed, Undecided } from '#protocol/facts.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import {
  createLineCounter,
  finishLineCounter,
  stepLineCounter,
  withLines,
  type LineCounterStep,
  type LineTally,
} from '../counting/line-counter.ts';
import type { Dismissal, LineCrossing, LineEvent } from '../counting/line-event.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import type { Track } from '../tracking/track.ts';
import { createTracker, stepTracker } from '../tracking/tracker.ts';
import { Continuity } from './continuity.ts';
import { Placement } from './placement.ts';
import { QualityMeter } from './quality-meter.ts';
import { ZoneFacts, type ZoneFact } from './zone-facts.ts';

export interface AnalysisDeps {
  readonly pool: Pick<DetectorPool, 'detect'>;
  readonly monotonicMs: () => number;
  readonly epochMs: () => number;
  readonly onBoxes: (boxes: BoxesMessage) => void;
  readonly onCrossing: (crossing: Undecided<LineCrossed>) => void;
  /** Every near miss; it is for the listener to keep only some. */
  readonly onDismissal: (dismissal: Undecided<CrossingDismissed>) => void;
  readonly onZoneFact: (fact: ZoneFact) => void;
  /** Every analysed frame's own time, epoch ms, and the model that saw it, before anything in it is counted. */
  readonly onFrame: (timeMs: number, model: string) => void;
  /** A frame could not be analysed; the next may. */
  readonly onFrameLost: (error: unknown) => void;
}

/**
 * One camera's way from frame to fact: detect, track, count. Frames are taken in the order of their times; one that is
 * overtaken is left out. Tracking and counting are pure steps whose state lives here.
 */
export class Analysis {
  readonly #deps: AnalysisDeps;
  readonly #continuity = new Continuity();
  #config: CameraConfig;
  #run = 0;
  /** The run of the last frame. */
  #trackedRun = 0;
  #tracker = createTracker();
  #counter;
  #lastTicks90k = -Infinity;
  readonly #zones: ZoneFacts;
  /** Both are told of every frame here; somebody else asks them. */
  readonly quality: QualityMeter;
  readonly placement = new Placement();

  constructor(config: CameraConfig, deps: AnalysisDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#counter = createLineCounter(config.lines);
    this.#zones = new ZoneFacts(config, deps.onZoneFact);
    this.quality = new QualityMeter(config);
  }

  get run(): number {
    return this.#run;
  }

  /** By line id, since the run in which tracks last began anew. */
  get tallies(): Readonly<Record<string, LineTally>> {
    return this.#counter.tallies;
  }

  /** Lines that stay keep who stands where to them. */
  configure(config: CameraConfig): void {
    this.#config = config;
    this.#counter = withLines(this.#counter, config.lines);
    this.#zones.configure(config);
    this.quality.configure(config);
  }

  /** A new session of the analysed stream; tracks go on over a gap of up to a second. */
  startRun(): void {
    this.#run += 1;
    this.#lastTicks90k = -Infinity;
    this.#continuity.runStarted();
  }

  /** `model`: the one the frame was made for, where that is not the settings'. */
  async accept(frame: AnalysisFrame, model: string | null = this.#config.model): Promise<void> {
    try {
      const inference = await this.#deps.pool.detect(this.#config.id, model, frame);
      if (inference === null || frame.ticks90k <= this.#lastTicks90k) {
        this.quality.overtaken();
        return;
      }
      this.#lastTicks90k = frame.ticks90k;
      this.#step(frame, inference.detections, inference.model);
    } catch (error) {
      this.quality.failed();
      this.#deps.onFrameLost(error);
    }
  }

  #step(frame: AnalysisFrame, detections: Parameters<typeof stepTracker>[1], model: string): void {
    const timeMs = frame.ticks90k / 90;
    if (this.#continuity.isBroken(timeMs)) {
      this.#publish(finishLineCounter(this.#counter), frame, model);
      this.#zones.breakOff();
      this.placement.breakOff();
      this.#tracker = createTracker();
      this.#counter = createLineCounter(this.#config.lines);
    }
    this.#trackedRun = this.#run;
    this.#deps.onFrame(timeMs, model);
    const tracked = stepTracker(this.#tracker, detections, timeMs);
    this.#tracker = tracked.state;
    const counted = stepLineCounter(this.#counter, tracked.tracks, timeMs);
    this.#counter = counted.state;
    this.#zones.frame(tracked.tracks, timeMs, this.#run, model);
    this.placement.frame(tracked.tracks, timeMs, frame.letterbox.scaledWidthPx / frame.letterbox.scaledHeightPx);
    const seen = tracked.tracks.filter((track) => track.seenAtMs >= timeMs);
    this.quality.frame(seen, model);
    this.#deps.onBoxes(this.#boxes(frame.ticks90k, seen));
    this.#publish(counted, frame, model);
  }

  #publish({ crossings, dismissals }: LineCounterStep, frame: AnalysisFrame, model: string): void {
    for (const crossing of crossings) this.#deps.onCrossing(this.#crossed(crossing, frame, model));
    for (const dismissal of dismissals) this.#deps.onDismissal(this.#dismissed(dismissal, model));
  }

  /** People hidden in this frame are not drawn: their place is a guess. */
  #boxes(ticks90k: number, seen: readonly Track[]): BoxesMessage {
    return {
      camera: this.#config.id,
      run: this.#run,
      ticks90k,
      sentAtMs: this.#deps.epochMs(),
      tracks: seen.map(({ id, box, score, velocity }) => ({
        id,
        box: [box.x1, box.y1, box.x2, box.y2],
        score,
        velocity: [...velocity],
      })),
      ...this.#zones.people,
    };
  }

  #crossed(crossing: LineCrossing, frame: AnalysisFrame, model: string): Undecided<LineCrossed> {
    const { direction, crossedAtMs, why } = crossing;
    const processingMs = this.#deps.monotonicMs() - frame.receivedAtMs;
    return { type: 'LineCrossed', ...this.#eventFields(crossing, model), direction, crossedAtMs, processingMs, why };
  }

  #dismissed(dismissal: Dismissal, model: string): Undecided<CrossingDismissed> {
    const { reason, atMs: happenedAtMs, ageMs } = dismissal;
    return { type: 'CrossingDismissed', ...this.#eventFields(dismissal, model), reason, happenedAtMs, ageMs };
  }

  #eventFields(event: LineEvent, model: string): EventFields {
    return {
      camera: this.#config.id,
      run: this.#trackedRun,
      track: event.trackId,
      line: event.line,
      confidence: event.score,
      detections: event.detections,
      boxHeightFrac: event.boxHeightFrac,
      path: event.path.map(([x, y]) => [x, y]),
      model,
      cameraRevision: this.#config.revision,
    };
  }
}

/** What a crossing and a near miss have in common. */
type EventFields = Omit<Undecided<CrossingDismissed>, 'type' | 'reason' | 'happenedAtMs' | 'ageMs'>;
