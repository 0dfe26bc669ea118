import { createWorker, setLogEventListeners } from 'mediasoup';
import type * as ms from 'mediasoup/types';
import { AppError, toAppError } from '#protocol/errors.ts';
import type { Log } from '#ops/runtime/log.ts';
import { MediasoupOutlet } from './mediasoup/outlet.ts';
import type { Relay, RelayCamera, RelayEvents, RelayOptions, RelayStats } from './relay.port.ts';
import { ViewedCamera } from './viewed-camera.ts';

const PULSE_INTERVAL_MS = 2_000;
/** What is written to a worker that hangs waits in this process: after this long it is killed, and counts as dead. */
const PULSE_TIMEOUT_MS = 6_000;
const CLOSE_TIMEOUT_MS = 2_000;

export interface MediasoupRelayOptions extends RelayOptions {
  readonly workerBin: string;
  readonly log: Log;
}

/** Starts a mediasoup worker. Rejects with relay.unavailable if it does not run. */
export async function openMediasoupRelay(options: MediasoupRelayOptions): Promise<Relay> {
  const { log } = options;
  setLogEventListeners({
    onwarn: (namespace, text) => {
      log.debug({ namespace, text }, 'mediasoup warns');
    },
    onerror: (namespace, text) => {
      log.warn({ namespace, text }, 'mediasoup reports an error');
    },
  });
  let worker: ms.Worker | null = null;
  try {
    worker = await createWorker({ workerBin: options.workerBin, logLevel: 'warn' });
    const server = await worker.createWebRtcServer({
      listenInfos: options.listenAddresses.flatMap((ip) => [
        { protocol: 'udp', ip },
        { protocol: 'tcp', ip },
      ]),
    });
    return new MediasoupRelay(worker, server, options);
  } catch (cause) {
    worker?.close();
    const reason = toAppError(cause).message;
    throw new AppError('relay.unavailable', `the mediasoup worker ${options.workerBin} does not run: ${reason}`, {
      cause,
    });
  }
}

class MediasoupRelay implements Relay {
  readonly kind = 'mediasoup';
  readonly died: Promise<Error>;
  readonly #worker: ms.Worker;
  readonly #server: ms.WebRtcServer;
  readonly #options: MediasoupRelayOptions;
  readonly #cameras = new Map<ViewedCamera, MediasoupOutlet>();
  readonly #pulse: NodeJS.Timeout;
  #awaitedSinceMs: number | null = null;
  #deathOrClose: AppError | null = null;

  constructor(worker: ms.Worker, server: ms.WebRtcServer, options: MediasoupRelayOptions) {
    this.#worker = worker;
    this.#server = server;
    this.#options = options;
    // mediasoup closes its worker by itself when this process is told to stop.
    worker.observer.on('close', () => {
      this.#end(new AppError('relay.unavailable', 'the mediasoup worker was closed'));
    });
    this.died = new Promise((resolve) => {
      worker.on('died', (error) => {
        this.#end(new AppError('relay.unavailable', 'the mediasoup worker died', { cause: error }));
        resolve(error);
      });
    });
    this.#pulse = setInterval(() => {
      this.#feelPulse();
    }, PULSE_INTERVAL_MS);
    this.#pulse.unref();
  }

  openCamera(camera: string, events: RelayEvents): RelayCamera {
    if (this.#deathOrClose !== null) throw this.#deathOrClose;
    const outlet = new MediasoupOutlet(this.#worker, this.#server, events);
    const viewed = new ViewedCamera({
      camera,
      events,
      maxViewers: this.#options.maxViewersPerCamera,
      outlet,
      onClosed: () => this.#cameras.delete(viewed),
    });
    this.#cameras.set(viewed, outlet);
    return viewed;
  }

  stats(): RelayStats {
    const viewers = [...this.#cameras.keys()].reduce((total, camera) => total + camera.viewers().length, 0);
    return { cameras: this.#cameras.size, viewers };
  }

  async close(): Promise<void> {
    this.#end(new AppError('relay.unavailable', 'the relay is closed'));
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

  #end(reason: AppError): void {
    this.#deathOrClose ??= reason;
    clearInterval(this.#pulse);
    for (const camera of [...this.#cameras.keys()]) camera.close();
  }

  /** Reads the viewers' figures, which tells at the same time whether the worker still answers. */
  #feelPulse(): void {
    const now = performance.now();
    if (this.#awaitedSinceMs !== null) {
      if (now - this.#awaitedSinceMs > PULSE_TIMEOUT_MS) killProcess(this.#worker.pid);
      return;
    }
    this.#awaitedSinceMs = now;
    const readings = [...this.#cameras.values()].map((outlet) => outlet.readFigures());
    // What fails here fails because the worker or a viewer has ended, which is told elsewhere.
    void Promise.allSettled([this.#worker.getResourceUsage(), ...readings]).then(() => {
      this.#awaitedSinceMs = null;
    });
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}
