import type { CameraConfig } from '#protocol/camera.ts';
import { AppError } from '#protocol/errors.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import type { Decoder, DecoderStats, OpenDecoder } from '#media/frames/decoder.port.ts';
import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { StillHold } from '#media/fork/still-hold.ts';
import { Tee } from '#media/fork/tee.ts';
import type { Credentials, OpenIngest } from '#media/ingest/ingest.port.ts';
import { openPictures, type PictureSession } from '#media/ingest/pictures.ts';
import type { AccessUnit } from '#media/packet.ts';
import type { RelayCamera, RelayPacket } from '#media/relay/relay.port.ts';
import { CameraTimeline } from '#media/timeline.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import type { InferenceShares } from '../inference/shares.ts';
import type { Analysis } from './analysis.ts';
import type { MediaFigures } from './flow-totals.ts';
import { ModelInUse } from './model-in-use.ts';
import { RunWatch } from './run-watch.ts';
import { ShownStream } from './shown-stream.ts';
import type { SessionInput, StreamRole } from './stream.machine.ts';

const CONNECT_TIMEOUT_MS = 8_000;
/** The session's own end; the run is called stalled before that. */
const SILENCE_MS = 10_000;
const WATCH_EVERY_MS = 500;
const POSTER_WIDTH_PX = 960;
/** Nobody in sight and nothing moving for so long: pictures are held back, undecoded. */
const SLEEPS_AFTER_MS = 3_000;

export interface CameraMediaDeps {
  readonly openIngest: OpenIngest;
  readonly openDecoder: OpenDecoder;
  readonly pool: Pick<DetectorPool, 'load'>;
  readonly shares: InferenceShares;
  readonly relay: RelayCamera;
  readonly analysis: Analysis;
  readonly clock: Clock;
  /** Opens the sealed credentials; null: the camera asks for none. Throws AppError secret.unreadable. */
  readonly credentialsOf: (config: CameraConfig) => Credentials | null;
  /** What the counted stream's pictures look like. */
  readonly onTraits: (traits: PictureTraits) => void;
  /** Why the model of the settings is not in use, so that another is; null: it is in use. */
  readonly onModelRefused: (error: AppError | null) => void;
  /** Why the picture is shown as stills, one sentence for an operator; null: as video. */
  readonly onStills: (because: string | null) => void;
}

/**
 * A camera's media plane: pulls its streams and forks them, the shown one to the relay, the counted one to the decoder and
 * on to analysis. Lives as long as the camera's actor; sessions come and go, viewers and the timeline stay.
 */
export class CameraMedia {
  readonly #deps: CameraMediaDeps;
  readonly #timeline: CameraTimeline;
  #config: CameraConfig;
  readonly #model: ModelInUse;
  readonly #shown: ShownStream;
  readonly #playing = new Map<'main' | 'sub', PictureSession>();
  #analysed: Analysed | null = null;
  #fpsAllowed: number;
  #lastPoster: Uint8Array | null = null;
  /** Of decoders that are closed. */
  #before: DecoderStats = NOTHING_DECODED;

  constructor(config: CameraConfig, deps: CameraMediaDeps) {
    this.#config = config;
    this.#fpsAllowed = config.analysisFps;
    this.#deps = deps;
    this.#timeline = new CameraTimeline(deps.clock);
    this.#shown = new ShownStream(deps.relay, deps.onStills);
    this.#model = new ModelInUse(deps.pool, deps.onModelRefused);
  }

  get relay(): RelayCamera {
    return this.#deps.relay;
  }

  /** The shown stream since its last key frame: what a newcomer's decoder begins with. */
  newestGop(): RelayPacket[] {
    return this.#shown.newestGop();
  }

  configure(config: CameraConfig): void {
    const isOtherModel = config.model !== this.#config.model;
    if (config.mainUrl !== this.#config.mainUrl || config.subUrl !== this.#config.subUrl) this.#shown.forget();
    this.#config = config;
    this.#deps.analysis.configure(config);
    if (isOtherModel && this.#analysed !== null) void this.#changeModel(config.model);
  }

  /** While the stream plays: the decoder goes on and only cuts its frames another way. */
  async #changeModel(model: string | null): Promise<void> {
    const shape = await this.#model.change(model);
    if (shape !== null) this.#analysed?.decoder.reshape(shape);
  }

  /** What its analysis does; totals count since the camera was opened. */
  load(): CameraLoad {
    const { decoded, still, dropped, overtaken } = sumOf(this.#before, this.#analysed?.decoder.stats());
    const { analysis } = this.#deps;
    return {
      camera: this.#config.id,
      sight: analysis.sight,
      asleep: this.#analysed?.hold.isAsleep ?? false,
      fpsWanted: this.#config.analysisFps,
      fpsAllowed: this.#fpsAllowed,
      decoded,
      inferences: analysis.inferences,
      still,
      overtaken,
      dropped,
      heldBytes: this.#shown.bytes + (this.#analysed?.hold.bytes ?? 0),
    };
  }

  /** What its sessions, its decoder and its viewers have carried. */
  figures(): MediaFigures {
    const streams = (['main', 'sub'] as const).flatMap((name) => {
      const session = this.#playing.get(name);
      return session === undefined ? [] : [[name, session.stats()] as const];
    });
    return {
      streams: new Map(streams),
      counted: this.#config.subUrl === null ? 'main' : 'sub',
      decoder: this.#analysed?.decoder.stats() ?? null,
      inferences: this.#deps.analysis.inferences,
      viewers: this.#deps.relay.viewers(),
    };
  }

  /** Of the newest frame, or of the last one there was while the camera is down. */
  async poster(): Promise<Uint8Array | null> {
    this.#lastPoster = (await this.#analysed?.decoder.poster(POSTER_WIDTH_PX)) ?? this.#lastPoster;
    return this.#lastPoster;
  }

  close(): void {
    this.#analysed?.decoder.close();
    this.#analysed = null;
    this.#deps.shares.leave(this.#config.id);
    this.#deps.relay.close();
  }

  /** One session of one stream. Rejects with what ended it; an aborted signal ends it within 50 ms. */
  async play({ role, onMedia, onQuiet }: SessionInput, signal: AbortSignal): Promise<never> {
    const failure = Promise.withResolvers<AppError>();
    const watch = new RunWatch(
      {
        onMedia,
        onQuiet,
        onNoFrames: (forMs) => {
          failure.resolve(
            new AppError(
              'camera.no-frames',
              `pictures arrive, but none could be decoded for ${String(Math.round(forMs / 1000))} s`,
            ),
          );
        },
      },
      role === 'analysed',
    );
    const fork = await this.#forkOf(role, watch, failure.resolve);
    const timer = setInterval(() => {
      watch.tick(this.#deps.clock.monotonicMs());
    }, WATCH_EVERY_MS);
    let session: PictureSession | null = null;
    try {
      session = await this.#open(role, fork, watch, signal);
      this.#playing.set(this.#streamOf(role), session);
      this.#shown.described(this.#streamOf(role), session.track.codec);
      throw (await Promise.race([session.ended, failure.promise])) ?? new AppError('aborted', 'the session was closed');
    } finally {
      clearInterval(timer);
      session?.close();
      if (this.#playing.get(this.#streamOf(role)) === session) this.#playing.delete(this.#streamOf(role));
      await fork.close();
    }
  }

  async #open(role: StreamRole, fork: Fork, watch: RunWatch, signal: AbortSignal): Promise<PictureSession> {
    const { mainUrl, subUrl } = this.#config;
    const name = this.#streamOf(role);
    return openPictures(
      {
        openIngest: this.#deps.openIngest,
        clock: this.#deps.clock,
        stream: this.#timeline.stream(name),
        url: name === 'sub' && subUrl !== null ? subUrl : mainUrl,
        credentials: this.#deps.credentialsOf(this.#config),
        connectTimeoutMs: CONNECT_TIMEOUT_MS,
        silenceMs: SILENCE_MS,
        onUnit: (unit) => {
          watch.picture(unit.receivedAtMs, unit.isKeyFrame);
          fork.push(unit);
        },
        onLate: fork.late,
      },
      signal,
    );
  }

  #streamOf(role: StreamRole): 'main' | 'sub' {
    return role === 'analysed' && this.#config.subUrl !== null ? 'sub' : 'main';
  }

  /** Where a stream's pictures go. */
  async #forkOf(role: StreamRole, watch: RunWatch, fail: (error: AppError) => void): Promise<Fork> {
    const tee = new Tee<AccessUnit>((sink, cause) => {
      fail(new AppError('internal', `the camera's pictures could not be given to its ${sink}`, { cause }));
    });
    const push = (unit: AccessUnit): void => {
      tee.push(unit);
    };
    const name = this.#streamOf(role);
    tee.add('relay', (unit) => {
      this.#shown.push(name, unit);
    });
    const analysed = role === 'analysed' ? await this.#startAnalysis(watch, fail) : null;
    if (analysed !== null) {
      tee.add('decoder', (unit) => {
        analysed.hold.push(unit);
      });
    }
    return {
      push,
      late: (unit) => analysed?.hold.push(unit, 'late'),
      close: async () => {
        this.#shown.ended(name);
        if (analysed !== null) await this.#endAnalysis(analysed);
      },
    };
  }

  /** The last picture is kept, so that a dead camera's poster shows what it saw last. */
  async #endAnalysis(analysed: Analysed): Promise<void> {
    const { decoder } = analysed;
    this.#lastPoster = (await decoder.poster(POSTER_WIDTH_PX).catch(() => null)) ?? this.#lastPoster;
    this.#before = sumOf(this.#before, decoder.stats());
    if (this.#analysed === analysed) this.#analysed = null;
    decoder.close();
  }

  async #startAnalysis(watch: RunWatch, fail: (error: AppError) => void): Promise<Analysed> {
    const { analysis, openDecoder, clock, shares, onTraits } = this.#deps;
    const { id } = this.#config;
    shares.admit(id, this.#config.analysisFps);
    const shape = await this.#startModel();
    analysis.startRun();
    const attend = (): void => {
      watch.frame(clock.monotonicMs());
      const { sight } = analysis;
      const { fpsAllowed, isDegraded } = shares.want(id, this.#config.analysisFps, sight === 'near');
      this.#fpsAllowed = fpsAllowed;
      analysis.isDegraded = isDegraded;
      decoder.attend({ sight, maxFps: fpsAllowed });
    };
    const decoder = openDecoder({
      camera: id,
      shape,
      maxFps: this.#fpsAllowed,
      onFrame: async (frame) => {
        shares.used(id);
        await analysis.accept(frame, this.#model.of(frame));
        attend();
        if (analysis.sight !== 'nobody') hold.wake();
      },
      onStill: (picture) => {
        analysis.still(picture);
        attend();
        if (analysis.sight === 'nobody' && picture.stillForMs >= SLEEPS_AFTER_MS) hold.sleep();
      },
      onLook: ({ ticks90k, frame }) => {
        if (frame !== null) shares.used(id);
        void this.#look(ticks90k, frame, hold).then(attend);
      },
      onTraits,
      onFailed: fail,
    });
    const hold = new StillHold((unit, use) => {
      decoder.push(unit, use);
    });
    const analysed = (this.#analysed = { decoder, hold });
    await decoder.ready;
    return analysed;
  }

  async #look(ticks90k: number, frame: AnalysisFrame | null, hold: StillHold): Promise<void> {
    const { analysis } = this.#deps;
    const model = frame === null ? null : await analysis.look(frame, this.#model.of(frame));
    const vouched = hold.looked(ticks90k, model !== null);
    if (vouched === null || frame === null || model === null) return;
    analysis.empty(frame, model);
    analysis.quality.vouched(vouched);
  }

  /** The settings may change while a model is loaded. */
  async #startModel(): Promise<FrameShape> {
    const { model } = this.#config;
    const shape = await this.#model.start(model);
    return model === this.#config.model ? shape : this.#startModel();
  }
}

const NOTHING_DECODED: DecoderStats = { decoded: 0, handedOn: 0, still: 0, dropped: 0, overtaken: 0, errors: 0 };

function sumOf(a: DecoderStats, b: DecoderStats = NOTHING_DECODED): DecoderStats {
  return {
    decoded: a.decoded + b.decoded,
    handedOn: a.handedOn + b.handedOn,
    still: a.still + b.still,
    dropped: a.dropped + b.dropped,
    overtaken: a.overtaken + b.overtaken,
    errors: a.errors + b.errors,
  };
}

interface Analysed {
  readonly decoder: Decoder;
  readonly hold: StillHold;
}

interface Fork {
  readonly push: (unit: AccessUnit) => void;
  /** Nobody wants to see it any more, but it counts. */
  readonly late: (unit: AccessUnit) => void;
  close(): Promise<void>;
}
