import type { CameraConfig } from '#protocol/camera.ts';
import type { CrossingDismissed, LineCrossed, Undecided } from '#protocol/facts.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import { iou } from '#protocol/geometry.ts';
import type { Sight, StillPicture } from '#media/frames/decoder.port.ts';
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
import type { Detection, DetectorPool } from '../inference/detector.port.ts';
import type { Track } from '../tracking/track.ts';
import { createTracker, DEFAULT_TRACKER_SETTINGS, stepTracker } from '../tracking/tracker.ts';
import { Continuity } from './continuity.ts';
import { Placement } from './placement.ts';
import { QualityMeter } from './quality-meter.ts';
import { placesOf, sightOf } from './sight.ts';
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

/** Boxes of a frame that came later than this are of no use to a page. */
const BOXES_WITHIN_MS = 1_000;
/** While nobody is in sight a page hears so often that this is so. */
const EMPTY_BOXES_EVERY_MS = 1_000;
/** How much of a track's box a detection must share with it to be its own. */
const OWN_OVERLAP = 0.5;

/** The instant of a frame, and how its picture lies in it. */
type Moment = Pick<AnalysisFrame, 'ticks90k' | 'receivedAtMs' | 'letterbox'>;

/** The last frame that was analysed, for pictures that are like it. */
interface Remembered {
  readonly moment: Moment;
  readonly model: string;
  /** Of people the tracker is sure of: a box that flashed up once is not seen twice because nothing moved. */
  readonly detections: readonly Detection[];
}

/**
 * One camera's way from frame to fact: detect, track, count. Frames are taken in the order of their times; one that is
 * overtaken is left out. Tracking and counting are pure steps whose state lives here.
 */
export class Analysis {
  readonly #deps: AnalysisDeps;
  readonly #continuity = new Continuity();
  #config: CameraConfig;
  #run: number;
  /** The run of the last frame. */
  #trackedRun = 0;
  #tracker = createTracker();
  #counter;
  #lastTicks90k = -Infinity;
  #last: Remembered | null = null;
  #places;
  #sight: Sight = 'somebody';
  #boxesSentAtMs = -Infinity;
  #sentTracks = 0;
  #inferences = 0;
  readonly #zones: ZoneFacts;
  /** Both are told of every frame here; somebody else asks them. */
  readonly quality: QualityMeter;
  readonly placement = new Placement();
  /** Its frames are fewer than counting needs, because detectors are short. */
  isDegraded = false;

  /** `runsBefore`: of the camera, wherever they were; this one's are numbered from there. */
  constructor(config: CameraConfig, deps: AnalysisDeps, runsBefore = 0) {
    this.#config = config;
    this.#run = runsBefore;
    this.#deps = deps;
    this.#counter = createLineCounter(config.lines);
    this.#zones = new ZoneFacts(config, deps.onZoneFact);
    this.#places = placesOf(config);
    this.quality = new QualityMeter(config);
  }

  get run(): number {
    return this.#run;
  }

  /** Frames a detector has seen. */
  get inferences(): number {
    return this.#inferences;
  }

  /** What the people in the last frame do. */
  get sight(): Sight {
    return this.#sight;
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
    this.#places = placesOf(config);
    this.quality.configure(config);
  }

  /** A new session of the analysed stream; tracks go on over a gap of up to a second. */
  startRun(): void {
    this.#run += 1;
    this.#lastTicks90k = -Infinity;
    this.#last = null;
    this.#sight = 'somebody';
    this.#continuity.runStarted();
  }

  /** `model`: the one the frame was made for, where that is not the settings'. */
  async accept(frame: AnalysisFrame, model: string | null = this.#config.model): Promise<void> {
    try {
      const inference = await this.#deps.pool.detect(this.#config.id, model, frame);
      if (inference !== null) this.#inferences += 1;
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

  /** A picture like the last frame, to the gate's eye: whoever was there is there still. */
  still({ ticks90k, receivedAtMs }: StillPicture): void {
    if (this.#last === null || ticks90k <= this.#lastTicks90k) return;
    const { moment, model, detections } = this.#last;
    this.#lastTicks90k = ticks90k;
    this.#step({ ...moment, ticks90k, receivedAtMs }, detections, model);
  }

  /**
   * A frame from among pictures that are held back: the model that saw nobody in it, else null. It is not tracked yet, for
   * those before it may have to come first; when they need not, it is told again as `empty`.
   */
  async look(frame: AnalysisFrame, model: string | null = this.#config.model): Promise<string | null> {
    try {
      const inference = await this.#deps.pool.detect(this.#config.id, model, frame);
      if (inference !== null) this.#inferences += 1;
      const isEmpty = inference?.detections.every(({ score }) => score < DEFAULT_TRACKER_SETTINGS.birthScore) ?? false;
      return isEmpty ? (inference?.model ?? null) : null;
    } catch (error) {
      this.quality.failed();
      this.#deps.onFrameLost(error);
      return null;
    }
  }

  /** A frame in which nobody is. */
  empty(frame: Moment, model: string): void {
    if (frame.ticks90k <= this.#lastTicks90k) return;
    this.#lastTicks90k = frame.ticks90k;
    this.#step(frame, [], model);
  }

  #step(frame: Moment, detections: readonly Detection[], model: string): void {
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
    const aspect = frame.letterbox.scaledWidthPx / frame.letterbox.scaledHeightPx;
    this.placement.frame(tracked.tracks, timeMs, aspect);
    this.#sight = sightOf(tracked.tracks, tracked.state.people.length, this.#places, aspect);
    const seen = tracked.tracks.filter((track) => track.seenAtMs >= timeMs);
    const { ticks90k, receivedAtMs, letterbox } = frame;
    this.#last = {
      moment: { ticks90k, receivedAtMs, letterbox },
      model,
      detections: detections.filter((detection) => isOf(detection, seen)),
    };
    this.quality.frame(seen, model);
    this.#sendBoxes(frame, seen);
    this.#publish(counted, frame, model);
  }

  #sendBoxes({ ticks90k, receivedAtMs }: Moment, seen: readonly Track[]): void {
    const nowMs = this.#deps.monotonicMs();
    if (nowMs - receivedAtMs > BOXES_WITHIN_MS) return;
    const isNews = seen.length > 0 || this.#sentTracks > 0;
    if (!isNews && nowMs - this.#boxesSentAtMs < EMPTY_BOXES_EVERY_MS) return;
    this.#sentTracks = seen.length;
    this.#boxesSentAtMs = nowMs;
    this.#deps.onBoxes(this.#boxes(ticks90k, seen));
  }

  #publish({ crossings, dismissals }: LineCounterStep, frame: Moment, model: string): void {
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

  #crossed(crossing: LineCrossing, frame: Moment, model: string): Undecided<LineCrossed> {
    const { direction, crossedAtMs, why } = crossing;
    const processingMs = this.#deps.monotonicMs() - frame.receivedAtMs;
    const fields = { ...this.#eventFields(crossing, model), ...(this.isDegraded && { degraded: true }) };
    return { type: 'LineCrossed', ...fields, direction, crossedAtMs, processingMs, why };
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

function isOf({ box }: Detection, tracks: readonly Track[]): boolean {
  return tracks.some((track) => iou(track.box, box) >= OWN_OVERLAP);
}

/** What a crossing and a near miss have in common. */
type EventFields = Omit<Undecided<CrossingDismissed>, 'type' | 'reason' | 'happenedAtMs' | 'ageMs'>;
