import { createWorker } from 'mediasoup';
import type * as ms from 'mediasoup/types';
import { AppError, toAppError } from '#protocol/errors.ts';
import { h264Codec } from './codec.ts';
import { Pulse } from './pulse.ts';

const CLOSE_TIMEOUT_MS = 2_000;
const FIGURES_EVERY_BEATS = 2;

export interface RelayWorkerOptions {
  readonly workerBin: string;
  readonly maxViewers: number;
  readonly listenInfos: readonly ms.TransportListenInfo[];
}

/** Whatever has figures to be read every other second. */
export interface Measured {
  readFigures(): Promise<void>;
}

/** One mediasoup process: a core's worth of viewers, all behind one UDP and one TCP port. */
export class RelayWorker {
  /** Also when it hung and was killed. */
  readonly died: Promise<Error>;
  readonly server: ms.WebRtcServer;
  readonly #worker: ms.Worker;
  readonly #maxViewers: number;
  readonly #measured = new Set<Measured>();
  readonly #pulse: Pulse;
  #viewers = 0;

  private constructor(worker: ms.Worker, server: ms.WebRtcServer, maxViewers: number) {
    this.#worker = worker;
    this.server = server;
    this.#maxViewers = maxViewers;
    this.died = new Promise((resolve) => {
      worker.on('died', resolve);
    });
    this.#pulse = new Pulse(
      (beat) => this.#read(beat),
      () => {
        killProcess(worker.pid);
      },
    );
    // mediasoup closes its worker by itself when this process is told to stop.
    worker.observer.on('close', () => {
      this.#pulse.stop();
    });
  }

  /** Rejects with relay.unavailable if it does not run or cannot listen. */
  static async start({ workerBin, maxViewers, listenInfos }: RelayWorkerOptions): Promise<RelayWorker> {
    let worker: ms.Worker | null = null;
    try {
      worker = await createWorker({ workerBin, logLevel: 'warn' });
      const server = await worker.createWebRtcServer({ listenInfos: [...listenInfos] });
      return new RelayWorker(worker, server, maxViewers);
    } catch (cause) {
      worker?.close();
      const reason = toAppError(cause).message;
      throw new AppError('relay.unavailable', `the mediasoup worker ${workerBin} does not run: ${reason}`, { cause });
    }
  }

  get viewers(): number {
    return this.#viewers;
  }

  get hasRoom(): boolean {
    return this.#viewers < this.#maxViewers;
  }

  /** More is written to it than it takes in: what is written now would wait in this process, and arrive too late. */
  get isBehind(): boolean {
    return this.#pulse.isBehind;
  }

  /** Counts one viewer more, until the returned function is called. */
  seat(): () => void {
    this.#viewers += 1;
    return () => {
      this.#viewers -= 1;
    };
  }

  /** Reads its figures regularly, until the returned function is called. */
  measure(measured: Measured): () => void {
    this.#measured.add(measured);
    return () => this.#measured.delete(measured);
  }

  createRouter(payloadType: number): Promise<ms.Router> {
    return this.#worker.createRouter({ mediaCodecs: [{ ...h264Codec, preferredPayloadType: payloadType }] });
  }

  async close(): Promise<void> {
    const worker = this.#worker;
    if (worker.subprocessClosed) return;
    const ended = new Promise<void>((resolve) => {
      worker.on('subprocessclose', resolve);
    });
    worker.close();
    const kill = setTimeout(() => {
      killProcess(worker.pid);
    }, CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  }

  /** What fails here fails because the worker or a viewer has ended, which is told elsewhere. */
  async #read(beat: number): Promise<void> {
    const measured = beat % FIGURES_EVERY_BEATS === 0 ? [...this.#measured] : [];
    await Promise.allSettled([this.#worker.getResourceUsage(), ...measured.map((each) => each.readFigures())]);
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
