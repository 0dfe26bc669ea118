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
import { Analysis } from '../camera/analysis.ts';
import { answerPlacement } from '../camera/placement.ts';
import { CameraMedia } from '../camera/camera-media.ts';
import type { CameraView } from '../camera/camera-view.ts';
import { FactWriter } from '../camera/fact-writer.ts';
import { answerFlow, Flow } from '../camera/flow.ts';
import { HealthWatch } from '../camera/health/health-watch.ts';
import type { HealthTiming } from '../camera/health/picture-health.ts';
import { KeyFrameRequests } from '../camera/key-frame-requests.ts';
import { StateHistory } from '../camera/state-history.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import type { InferenceShares } from '../inference/shares.ts';
import type { RelayHost } from '../viewer/relay-host.ts';
import { answerViewers } from '../viewer/viewer-requests.ts';
import type { RootEffects } from './root.machine.ts';

export interface CameraRegistryDeps {
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

interface OpenCamera {
  readonly media: CameraMedia;
  readonly keyFrames: KeyFrameRequests;
  readonly facts: FactWriter;
  readonly analysis: Analysis;
  readonly history: StateHistory;
  readonly health: HealthWatch;
  readonly answers: readonly Closable[];
  readonly measuring: NodeJS.Timeout;
  model: string | null;
  view: CameraView | null;
  /** Epoch ms at which the present state began. */
  sinceMs: number;
  trouble: AppError | null;
  /** Why the model it is set to is not the one in use. */
  modelRefusal: AppError | null;
  lossesTold: number;
  /** Why its picture is shown as stills. */
  stills: string | null;
}

/**
 * What this worker's cameras work on: media, facts, answers to viewers. The root machine says when one comes and goes; its
 * camera's actors look theirs up here.
 */
export class CameraRegistry implements RootEffects {
  readonly #deps: CameraRegistryDeps;
  readonly #cameras = new Map<string, OpenCamera>();

  constructor(deps: CameraRegistryDeps) {
    this.#deps = deps;
  }

  media(camera: string): CameraMedia {
    return this.#known(camera).media;
  }

  facts(camera: string): FactWriter {
    return this.#known(camera).facts;
  }

  openCamera(config: CameraConfig): void {
    const { bus, clock, pool, shares, relay, openIngest, openDecoder, credentialsOf, onRestart } = this.#deps;
    const { id } = config;
    const facts = new FactWriter({
      onTrouble: (error) => {
        this.#troubled(id, error);
      },
      onRefused: (fact, error) => {
        this.#deps.log.error({ camera: id, fact: fact.type, error }, 'a fact could not be kept and is lost');
      },
    });
    const flow = new Flow();
    const analysis = new Analysis(config, {
      pool,
      monotonicMs: () => clock.monotonicMs(),
      epochMs: () => clock.epochMs(),
      onBoxes: (boxes) => {
        bus.publishLive(subjects.liveBoxes(id), boxes);
        flow.boxesSent();
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
        this.#noteModel(id, model);
        facts.frame(timeMs);
      },
      onFrameLost: (error) => {
        this.#frameLost(id, error);
      },
    });
    const keyFrames = new KeyFrameRequests(config, {
      credentialsOf,
      clock,
      onRefused: (error) => {
        this.#deps.log.info(
          { camera: id, error },
          'the camera cannot be asked for a key frame; viewers wait for its next',
        );
      },
    });
    const health = this.#watchHealth(config, facts);
    const media: CameraMedia = new CameraMedia(config, {
      openIngest,
      openDecoder,
      pool,
      shares,
      analysis,
      clock,
      credentialsOf,
      onTraits: (traits) => {
        health.see(traits, analysis.run);
      },
      onModelRefused: (error) => {
        this.#modelRefused(id, error);
      },
      onStills: (because) => {
        this.#showsStills(id, because);
      },
      relay: relay.camera(id, {
        onViewers: () => undefined,
        onKeyFrameRequest: () => {
          keyFrames.ask();
        },
        newestGop: () => media.newestGop(),
      }),
    });
    const answers = [
      answerViewers(bus, id, media, () => {
        onRestart(id);
      }),
      answerPlacement(bus, id, analysis.placement),
      answerFlow(bus, id, this.#deps.worker, flow, () => analysis.run),
    ];
    const history = new StateHistory();
    const measuring = setInterval(() => {
      const { dropped: droppedDecoding, overtaken } = media.load();
      const totals = { droppedDecoding, overtaken, tallies: analysis.tallies };
      const measured = analysis.quality.tick(clock.epochMs(), totals);
      if (measured !== null) facts.counted(measured);
      flow.sample(media.figures(), facts, clock.monotonicMs());
    }, MEASURE_EVERY_MS);
    this.#cameras.set(id, {
      media,
      keyFrames,
      facts,
      analysis,
      history,
      health,
      answers,
      measuring,
      model: null,
      view: null,
      sinceMs: 0,
      trouble: null,
      modelRefusal: null,
      lossesTold: 0,
      stills: null,
    });
  }

  configureCamera(config: CameraConfig): void {
    const { media, keyFrames, health } = this.#known(config.id);
    media.configure(config);
    keyFrames.configure(config);
    health.configure(config);
  }

  closeCamera(camera: string): void {
    const open = this.#cameras.get(camera);
    if (open === undefined) return;
    this.#cameras.delete(camera);
    for (const answer of open.answers) answer.close();
    clearInterval(open.measuring);
    open.facts.hold(null);
    open.media.close();
  }

  showCamera(camera: string, view: CameraView): void {
    const open = this.#cameras.get(camera);
    if (open === undefined) return;
    if (open.view?.state !== view.state) open.sinceMs = this.#deps.clock.epochMs();
    open.view = view;
    if (open.history.isNews(view)) {
      this.#deps.log.info(
        { camera, run: open.analysis.run, state: view.state, code: view.code },
        'camera state changed',
      );
      open.facts.happened({
        type: 'CameraStateChanged',
        camera,
        happenedAtMs: this.#deps.clock.epochMs(),
        state: view.state,
        reason: view.reason,
        code: view.code,
        run: open.analysis.run,
      });
    }
    this.#publish(camera, open);
  }

  #watchHealth(config: CameraConfig, facts: FactWriter): HealthWatch {
    const { log, pictureMemories: memories, healthTiming } = this.#deps;
    const { id: camera } = config;
    return new HealthWatch(config, {
      memories,
      ...(healthTiming !== undefined && { timing: healthTiming }),
      onChanged: (fact) => {
        const { problem, run } = fact;
        if (fact.isPresent) log.warn({ camera, run, problem }, 'something is wrong with the picture of a camera');
        else log.info({ camera, run, problem }, 'it is no longer wrong with the picture of a camera');
        facts.happened(fact);
        const open = this.#cameras.get(camera);
        if (open !== undefined) this.#publish(camera, open);
      },
      onForgetful: (error) => {
        log.warn({ camera, error }, 'what a camera usually shows could not be read or kept');
      },
    });
  }

  cameraCrashed(camera: string, error: unknown): void {
    this.#deps.log.error({ camera, error }, 'a camera actor died of a fault in the product; it is started anew');
  }

  loads(): CameraLoad[] {
    return [...this.#cameras.values()].map(({ media }) => media.load());
  }

  #troubled(camera: string, error: AppError | null): void {
    const open = this.#cameras.get(camera);
    if (open === undefined) return;
    open.trouble = error;
    if (error === null) this.#deps.log.info({ camera }, 'facts are kept again');
    else this.#deps.log.error({ camera, error }, 'facts cannot be kept; they wait in memory');
    this.#publish(camera, open);
  }

  #modelRefused(camera: string, error: AppError | null): void {
    const open = this.#cameras.get(camera);
    if (open === undefined || (error === null && open.modelRefusal === null)) return;
    open.modelRefusal = error;
    if (error === null) this.#deps.log.info({ camera }, 'the model it is set to is in use');
    else
      this.#deps.log.error(
        { camera, error },
        'the model it is set to cannot be used; the last one that worked goes on',
      );
    this.#publish(camera, open);
  }

  /** The first of a row and then every thousandth: at ten frames a second, one line in two minutes. */
  #frameLost(camera: string, error: unknown): void {
    const open = this.#cameras.get(camera);
    if (open === undefined) return;
    if (open.lossesTold % 1000 === 0)
      this.#deps.log.warn({ camera, run: open.analysis.run, error }, 'a frame could not be analysed');
    open.lossesTold += 1;
  }

  #showsStills(camera: string, because: string | null): void {
    const open = this.#cameras.get(camera);
    if (open === undefined) return;
    open.stills = because;
    this.#publish(camera, open);
  }

  #noteModel(camera: string, model: string): void {
    const open = this.#cameras.get(camera);
    if (open === undefined || open.model === model) return;
    open.model = model;
    this.#publish(camera, open);
  }

  #publish(camera: string, open: OpenCamera): void {
    const { view, sinceMs, trouble, modelRefusal, analysis, model, health, stills } = open;
    if (view === null) return;
    const now = this.#deps.clock.epochMs();
    const notes = [
      ...(modelRefusal === null
        ? []
        : [`The model it is set to cannot be used, so the last goes on: ${modelRefusal.message}.`]),
      ...(trouble === null ? [] : [`Counts cannot be kept just now: ${trouble.message}`]),
    ];
    const state: CameraState = {
      camera,
      state: view.state,
      reason: [view.reason, ...notes].join(' '),
      code: trouble?.code ?? view.code ?? modelRefusal?.code ?? null,
      sinceMs,
      retryAtMs: view.retryInMs === null ? null : now + view.retryInMs,
      worker: this.#deps.worker,
      run: analysis.run,
      model,
      ...(stills === null ? {} : { stills }),
      problems: view.state === 'live' ? health.problems : [],
    };
    this.#deps.bus.publishLive(subjects.liveState(camera), state);
    // Lost while NATS is away; the state is put again with the next change and at every reconnect.
    this.#deps.states.put(camera, state).catch((error: unknown) => {
      this.#deps.log.warn({ camera, error }, 'a camera state could not be published');
    });
  }

  /** After a reconnect: what changed meanwhile never arrived. */
  publishAll(): void {
    for (const [camera, open] of this.#cameras) this.#publish(camera, open);
  }

  #known(camera: string): OpenCamera {
    const open = this.#cameras.get(camera);
    if (open === undefined) throw new Error(`camera ${camera} is not open`);
    return open;
  }
}
