import type { Line } from '#protocol/geometry.ts';
import { SlewedClock, type Clock } from '#ops/runtime/clock.ts';
import { CameraFaults, type Fault } from './camera-faults.ts';
import { CameraTruth, type TrueScene } from './camera-truth.ts';
import type { LoopStream } from './loop.port.ts';
import { PacedStream, type PacedStreamOptions } from './paced-stream.ts';
import { faultySource } from './picture-faults/faulty-source.node-av.ts';
import { isPictureFault } from './picture-faults/picture-fault.ts';
import { RtspAuthenticator, type Login } from './rtsp-auth.ts';
import type { ServedStream } from './rtsp-conversation.ts';
import { SceneClock } from './scene-clock.ts';
import type { Source } from './source.ts';

export type StreamTraits = Partial<Pick<PacedStreamOptions, 'rtpClock' | 'sendDelayMs' | 'sendsReports'>>;

export interface SimulatedCameraOptions {
  /** First part of its paths: `/<name>/main`, `/<name>/sub`. */
  readonly name: string;
  readonly main: Source;
  readonly sub: Source;
  /** Null: the sources are films whose truth nobody knows. */
  readonly scene: (TrueScene & { readonly seed: number }) | null;
  readonly login?: Login | null;
  readonly traits?: Partial<Record<LoopStream, StreamTraits>>;
  /** How wrong the camera's own wall clock is; sender reports carry it. */
  readonly wallOffsetMs?: number;
  readonly clock?: Clock;
}

export interface CameraStatus {
  readonly name: string;
  readonly seed: number | null;
  /** Epoch ms of scene time 0; null until somebody plays. */
  readonly startedAtMs: number | null;
  readonly line: Line | null;
  readonly fault: Fault | null;
  readonly connections: number;
}

/** What the two encoders of a camera take: the big picture longer. */
const SEND_DELAY_MS: Readonly<Record<LoopStream, number>> = { main: 30, sub: 20 };

/** A camera that does not exist: one scene, two streams of it, one login, faults on command, and the truth. */
export class SimulatedCamera {
  readonly name: string;
  readonly faults = new CameraFaults();
  /** Null without a scene. */
  readonly truth: CameraTruth | null;
  readonly login: Login | null;
  readonly #scene: SimulatedCameraOptions['scene'];
  readonly #clock: SceneClock;
  readonly #sources: Readonly<Record<LoopStream, Source>>;
  readonly #streams: Readonly<Record<LoopStream, PacedStream>>;
  readonly #authenticator: RtspAuthenticator | null;
  #recovery: NodeJS.Timeout | null = null;

  constructor(options: SimulatedCameraOptions) {
    const clock = options.clock ?? new SlewedClock();
    this.name = options.name;
    this.login = options.login ?? null;
    this.#scene = options.scene;
    this.#clock = new SceneClock(clock);
    this.truth = options.scene === null ? null : new CameraTruth(options.scene, this.#clock);
    this.#sources = { main: options.main, sub: options.sub };
    this.#authenticator = this.login === null ? null : new RtspAuthenticator(this.login, () => clock.epochMs());
    const open = (stream: LoopStream): PacedStream =>
      new PacedStream({
        source: options[stream],
        scene: this.#clock,
        sendDelayMs: SEND_DELAY_MS[stream],
        wallOffsetMs: options.wallOffsetMs ?? 0,
        ...options.traits?.[stream],
      });
    this.#streams = { main: open('main'), sub: open('sub') };
  }

  /** What a server serves for it, by path. */
  paths(): Map<string, ServedStream> {
    const streams = ['main', 'sub'] as const;
    return new Map(
      streams.map((stream) => [
        `/${this.name}/${stream}`,
        {
          name: `${this.name} ${stream}`,
          stream: this.#streams[stream],
          authenticator: this.#authenticator,
          faults: this.faults,
        },
      ]),
    );
  }

  /** Null recovers. Replaces the fault in force. Throws AppError `input.invalid` for one that it cannot show. */
  setFault(fault: Fault | null): void {
    const { main, sub } = this.#sources;
    const shrunk = fault?.kind === 'change-resolution' ? fault.stream : null;
    const shown = (source: Source): Source => (isPictureFault(fault) ? faultySource(source, fault) : source);
    const sources = { main: shown(shrunk === 'main' ? sub : main), sub: shown(shrunk === 'sub' ? main : sub) };
    if (this.#recovery !== null) clearTimeout(this.#recovery);
    this.#recovery = null;
    this.faults.set(fault);
    this.#streams.main.switchTo(sources.main);
    this.#streams.sub.switchTo(sources.sub);
    if (fault !== null && fault.kind !== 'drop' && fault.forMs !== undefined) {
      this.#recovery = setTimeout(() => {
        this.setFault(null);
      }, fault.forMs);
    }
  }

  status(): CameraStatus {
    return {
      name: this.name,
      seed: this.#scene?.seed ?? null,
      startedAtMs: this.#clock.startedAtMs,
      line: this.#scene?.line ?? null,
      fault: this.faults.current,
      connections: this.faults.connections,
    };
  }

  /** Cuts its connections; the sources stay their opener's. */
  close(): void {
    this.setFault(null);
    this.faults.cutAll();
  }
}
