import type { CameraConfig, CameraState } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import type { PictureMemory } from '#protocol/picture-health.ts';
import { subjects } from '#protocol/subjects.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import type { OpenDecoder } from '#media/frames/decoder.port.ts';
import type { Credentials, OpenIngest } from '#media/ingest/ingest.port.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { Log } from '#ops/runtime/log.ts';
import { Analysis, type AnalysisDeps } from '../camera/analysis.ts';
import { CameraMedia } from '../camera/camera-media.ts';
import type { CameraView } from '../camera/camera-view.ts';
import { FactWriter } from '../camera/fact-writer.ts';
import { answerFlow, Flow } from '../camera/flow.ts';
import { HealthWatch } from '../camera/health/health-watch.ts';
import type { HealthTiming } from '../camera/health/picture-health.ts';
import { KeyFrameRequests } from '../camera/key-frame-requests.ts';
import { answerPlacement } from '../camera/placement.ts';
import { StateHistory } from '../camera/state-history.ts';
import type { SessionInput } from '../camera/stream.machine.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import type { InferenceShares } from '../inference/shares.ts';
import type { RelayHost } from '../viewer/relay-host.ts';
import { answerViewers } from '../viewer/viewer-requests.ts';
import { cameraStateOf } from './camera-state.ts';
import type { CameraRight, RunningCamera } from './running-camera.ts';

export interface OpenCameraDeps {
  readonly worker: string;
  readonly bus: Bus;
  readonly states: Bucket<CameraState>;
  readonly pictureMemories: Bucket<PictureMemory>;
  /** Absent: the product's own. */
  readonly healthTiming?: HealthTiming;
  readonly clock: Clock;
  readonly log: Log;
  readonly pool: DetectorPool;
  readonly shares: InferenceShares;
  readonly relay: RelayHost;
  readonly openIngest: OpenIngest;
  readonly openDecoder: OpenDecoder;
  readonly credentialsOf: (config: CameraConfig) => Credentials | null;
  /** An administrator asked for a new attempt now. */
  readonly onRestart: (camera: string) => void;
}

const MEASURE_EVERY_MS = 1_000;

/**
 * One camera that this worker runs: its media, its facts, who answers for it, and what is told of it. The registry opens
 * and closes it; its actors work on it in between. Of a camera that is handed over one worker at a time answers and tells.
 */
export class OpenCamera implements RunningCamera {
  readonly #media: CameraMedia;
  readonly #deps: OpenCameraDeps;
  readonly #id: string;
  readonly #facts: FactWriter;
  readonly #analysis: Analysis;
  readonly #keyFrames: KeyFrameRequests;
  readonly #health: HealthWatch;
  readonly #history = new StateHistory();
  readonly #flow = new Flow();
  readonly #measuring: NodeJS.Timeout;
  readonly #right: CameraRight;
  /** What is asked of the camera; null: another worker answers. */
  #answers: readonly Closable[] | null = null;
  #view: CameraView | null = null;
  #sinceMs = 0;
  #model: string | null = null;
  #trouble: AppError | null = null;
  #modelRefusal: AppError | null = null;
  #stills: string | null = null;
  #lossesTold = 0;

  #isClosed = false;

  constructor(config: CameraConfig, right: CameraRight, runsBefore: number, deps: OpenCameraDeps) {
    this.#deps = deps;
    this.#right = right;
    this.#id = config.id;
    this.#facts = this.#openFacts();
    this.#analysis = this.#openAnalysis(config, runsBefore);
    this.#keyFrames = this.#openKeyFrames(config);
    this.#health = this.#watchHealth(config);
    this.#media = this.#openMedia(config);
    this.#measuring = setInterval(() => {
      this.#measure();
    }, MEASURE_EVERY_MS);
    this.#facts.hold(right);
    void right.inCharge.then(() => {
      this.#takeCharge();
    });
    void right.relieved.then(() => {
      this.#fallSilent();
    });
  }

  play(input: SessionInput, signal: AbortSignal): Promise<never> {
    return this.#media.play(input, signal);
  }

  configure(config: CameraConfig): void {
    this.#media.configure(config);
    this.#keyFrames.configure(config);
    this.#health.configure(config);
  }

  load(): CameraLoad {
    return this.#media.load();
  }

  show(view: CameraView): void {
    if (this.#view?.state !== view.state) this.#sinceMs = this.#deps.clock.epochMs();
    this.#view = view;
    if (this.#answers === null) return;
    this.#noteNews(view);
    this.publish();
  }

  /** Its state, if it is for this worker to tell. */
  publish(): void {
    const view = this.#view;
    if (view === null || this.#answers === null || !this.#right.isCertain) return;
    const { bus, states, clock, log, worker } = this.#deps;
    const camera = this.#id;
    const state = cameraStateOf(
      {
        ...{ camera, worker, view, sinceMs: this.#sinceMs, run: this.#analysis.run, model: this.#model },
        ...{ trouble: this.#trouble, modelRefusal: this.#modelRefusal, stills: this.#stills },
        problems: this.#health.problems,
      },
      clock.epochMs(),
    );
    bus.publishLive(subjects.liveState(camera), state);
    // Lost while NATS is away; the state is put again with the next change and at every reconnect.
    states.put(camera, state).catch((error: unknown) => {
      log.warn({ camera, error }, 'a camera state could not be published');
    });
  }

  close(): void {
    this.#isClosed = true;
    this.#fallSilent();
    this.#facts.hold(null);
    clearInterval(this.#measuring);
    this.#media.close();
  }

  #takeCharge(): void {
    if (this.#isClosed) return;
    this.#answers = this.#answer();
    if (this.#view !== null) this.show(this.#view);
  }

  #noteNews(view: CameraView): void {
    if (!this.#history.isNews(view)) return;
    const { clock, log } = this.#deps;
    const { state, reason, code } = view;
    const { run } = this.#analysis;
    const happened = { camera: this.#id, run, state, reason, code, happenedAtMs: clock.epochMs() };
    log.info({ camera: this.#id, run, state, code }, 'camera state changed');
    this.#facts.happened({ type: 'CameraStateChanged', ...happened });
  }

  #answer(): Closable[] {
    const { bus, worker, onRestart } = this.#deps;
    const camera = this.#id;
    const analysis = this.#analysis;
    return [
      answerViewers(bus, camera, this.#media, () => {
        onRestart(camera);
      }),
      answerPlacement(bus, camera, analysis.placement),
      answerFlow(bus, camera, worker, this.#flow, () => analysis.run),
    ];
  }

  /** Its viewers find whoever runs it now. */
  #fallSilent(): void {
    if (this.#answers === null) return;
    for (const answer of this.#answers) answer.close();
    this.#answers = null;
    const { relay } = this.#media;
    for (const { viewerId } of relay.viewers()) relay.removeViewer(viewerId);
  }

  #measure(): void {
    const { clock } = this.#deps;
    const { dropped: droppedDecoding, overtaken } = this.#media.load();
    const totals = { droppedDecoding, overtaken, tallies: this.#analysis.tallies };
    const measured = this.#analysis.quality.tick(clock.epochMs(), totals);
    if (measured !== null) this.#facts.counted(measured);
    this.#flow.sample(this.#media.figures(), this.#facts, clock.monotonicMs());
  }

  #openFacts(): FactWriter {
    const { log } = this.#deps;
    const camera = this.#id;
    return new FactWriter({
      onTrouble: (error) => {
        this.#trouble = error;
        if (error === null) log.info({ camera }, 'facts are kept again');
        else log.error({ camera, error }, 'facts cannot be kept; they wait in memory');
        this.publish();
      },
      onRefused: (fact, error) => {
        log.error({ camera, fact: fact.type, error }, 'a fact could not be kept and is lost');
      },
    });
  }

  #openAnalysis(config: CameraConfig, runsBefore: number): Analysis {
    const { bus, clock, pool } = this.#deps;
    const facts = this.#facts;
    const deps: AnalysisDeps = {
      pool,
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs(),
      onBoxes: (boxes) => {
        bus.publishLive(subjects.liveBoxes(config.id), boxes);
        this.#flow.boxesSent();
      },
      onCrossing: (crossing) => {
        facts.counted(crossing);
      },
      onDismissal: (dismissal) => {
        facts.dismissal(dismissal);
      },
      onZoneFact: (fact) => {
        facts.counted(fact);
      },
      onFrame: (timeMs, model) => {
        this.#noteModel(model);
        facts.frame(timeMs);
      },
      onFrameLost: (error) => {
        this.#frameLost(error);
      },
    };
    return new Analysis(config, deps, runsBefore);
  }

  #openKeyFrames(config: CameraConfig): KeyFrameRequests {
    const { credentialsOf, clock, log } = this.#deps;
    return new KeyFrameRequests(config, {
      credentialsOf,
      clock,
      onRefused: (error) => {
        const camera = config.id;
        log.info({ camera, error }, 'the camera cannot be asked for a key frame; viewers wait for its next');
      },
    });
  }

  #watchHealth(config: CameraConfig): HealthWatch {
    const { log, pictureMemories: memories, healthTiming } = this.#deps;
    const camera = config.id;
    return new HealthWatch(config, {
      memories,
      ...(healthTiming !== undefined && { timing: healthTiming }),
      onChanged: (fact) => {
        const { problem, run } = fact;
        if (fact.isPresent) log.warn({ camera, run, problem }, 'something is wrong with the picture of a camera');
        else log.info({ camera, run, problem }, 'it is no longer wrong with the picture of a camera');
        this.#facts.happened(fact);
        this.publish();
      },
      onForgetful: (error) => {
        log.warn({ camera, error }, 'what a camera usually shows could not be read or kept');
      },
    });
  }

  #openMedia(config: CameraConfig): CameraMedia {
    const { openIngest, openDecoder, pool, shares, clock, credentialsOf, relay } = this.#deps;
    const analysis = this.#analysis;
    return new CameraMedia(config, {
      ...{ openIngest, openDecoder, pool, shares, analysis, clock, credentialsOf },
      onTraits: (traits) => {
        this.#health.see(traits, analysis.run);
      },
      onModelRefused: (error) => {
        this.#modelRefused(error);
      },
      onStills: (because) => {
        this.#stills = because;
        this.publish();
      },
      relay: relay.camera(config.id, {
        onViewers: () => undefined,
        onKeyFrameRequest: () => {
          this.#keyFrames.ask();
        },
        newestGop: () => this.#media.newestGop(),
      }),
    });
  }

  #modelRefused(error: AppError | null): void {
    if (error === null && this.#modelRefusal === null) return;
    const { log } = this.#deps;
    const camera = this.#id;
    this.#modelRefusal = error;
    if (error === null) log.info({ camera }, 'the model it is set to is in use');
    else log.error({ camera, error }, 'the model it is set to cannot be used; the last one that worked goes on');
    this.publish();
  }

  /** The first of a row and then every thousandth: at ten frames a second, one line in two minutes. */
  #frameLost(error: unknown): void {
    const { run } = this.#analysis;
    if (this.#lossesTold % 1000 === 0) {
      this.#deps.log.warn({ camera: this.#id, run, error }, 'a frame could not be analysed');
    }
    this.#lossesTold += 1;
  }

  #noteModel(model: string): void {
    if (this.#model === model) return;
    this.#model = model;
    this.publish();
  }
}
