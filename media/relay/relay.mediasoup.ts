import { setLogEventListeners } from 'mediasoup';
import type * as ms from 'mediasoup/types';
import { AppError } from '#protocol/errors.ts';
import type { Log } from '#ops/runtime/log.ts';
import { MediasoupOutlet } from './mediasoup/outlet.ts';
import { RelayWorker } from './mediasoup/worker.ts';
import { Workers } from './mediasoup/workers.ts';
import type { Relay, RelayCamera, RelayEvents, RelayOptions, RelayStats } from './relay.port.ts';
import { ViewedCamera } from './viewed-camera.ts';

export interface MediasoupRelayOptions extends RelayOptions {
  readonly workerBin: string;
  /** How many processes share the viewers. */
  readonly workers: number;
  /** A camera with more of them, or whose worker has others' already, is piped to the next worker. */
  readonly viewersPerWorker: number;
  readonly log: Log;
}

/** Starts its workers. Rejects with relay.unavailable if one does not run. */
export async function openMediasoupRelay(options: MediasoupRelayOptions): Promise<Relay> {
  const { log, workers: count, workerBin, viewersPerWorker } = options;
  setLogEventListeners({
    onwarn: (namespace, text) => {
      log.debug({ namespace, text }, 'mediasoup warns');
    },
    onerror: (namespace, text) => {
      log.warn({ namespace, text }, 'mediasoup reports an error');
    },
  });
  const workers = await Workers.start({
    count,
    log,
    start: (slot) =>
      RelayWorker.start({ workerBin, maxViewers: viewersPerWorker, listenInfos: listenInfos(options, slot) }),
  });
  return new MediasoupRelay(workers, options.maxViewersPerCamera);
}

class MediasoupRelay implements Relay {
  readonly kind = 'mediasoup';
  readonly died: Promise<Error>;
  readonly #workers: Workers<RelayWorker>;
  readonly #maxViewersPerCamera: number;
  readonly #cameras = new Set<ViewedCamera>();
  #deathOrClose: AppError | null = null;

  constructor(workers: Workers<RelayWorker>, maxViewersPerCamera: number) {
    this.#workers = workers;
    this.#maxViewersPerCamera = maxViewersPerCamera;
    this.died = workers.died.then((cause) => {
      this.#end(new AppError('relay.unavailable', 'the mediasoup workers died', { cause }));
      return cause;
    });
  }

  openCamera(camera: string, events: RelayEvents): RelayCamera {
    if (this.#deathOrClose !== null) throw this.#deathOrClose;
    const viewed: ViewedCamera = new ViewedCamera({
      camera,
      events,
      maxViewers: this.#maxViewersPerCamera,
      openOutlet: (source) => new MediasoupOutlet(this.#workers, source),
      onClosed: () => this.#cameras.delete(viewed),
    });
    this.#cameras.add(viewed);
    return viewed;
  }

  stats(): RelayStats {
    const viewers = [...this.#cameras].reduce((total, camera) => total + camera.viewers().length, 0);
    return { cameras: this.#cameras.size, viewers };
  }

  async close(): Promise<void> {
    this.#end(new AppError('relay.unavailable', 'the relay is closed'));
    await this.#workers.close();
  }

  #end(reason: AppError): void {
    this.#deathOrClose ??= reason;
    for (const camera of [...this.#cameras]) camera.close();
  }
}

/** UDP and TCP on one port number, the same for all addresses. */
function listenInfos(options: RelayOptions, slot: number): ms.TransportListenInfo[] {
  const { listenAddresses, announcedAddress, firstPort } = options;
  return listenAddresses.flatMap((ip, index) => {
    const listenInfo = {
      ip,
      ...(firstPort === null ? {} : { port: firstPort + slot }),
      ...(index === 0 && announcedAddress !== null ? { announcedAddress, exposeInternalIp: true } : {}),
    };
    return [
      { ...listenInfo, protocol: 'udp' },
      { ...listenInfo, protocol: 'tcp' },
    ];
  });
}
