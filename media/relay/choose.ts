import { AppError } from '#protocol/errors.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { Relay, RelayOptions } from './relay.port.ts';

export interface OpenRelayOptions extends RelayOptions {
  /** `auto`: mediasoup where its worker is there and runs, else werift. */
  readonly prefer: 'auto' | 'mediasoup' | 'werift';
  /** null: there is none. */
  readonly mediasoupWorkerBin: string | null;
  readonly mediasoupWorkers: number;
  readonly viewersPerWorker: number;
  readonly log: Log;
}

/** Rejects with setup.missing or relay.unavailable only if mediasoup was asked for by name. */
export async function openRelay(options: OpenRelayOptions): Promise<Relay> {
  const { prefer, mediasoupWorkerBin, log } = options;
  if (prefer === 'mediasoup' && mediasoupWorkerBin === null) {
    const message =
      'there is no mediasoup worker: run `npm run setup -- mediasoup`, or point MEDIASOUP_WORKER_BIN at one';
    throw new AppError('setup.missing', message);
  }
  if (prefer !== 'werift' && mediasoupWorkerBin !== null) {
    try {
      // Loaded only where it is used: each brings a WebRTC stack into the process.
      const { openMediasoupRelay } = await import('./relay.mediasoup.ts');
      const { mediasoupWorkers: workers } = options;
      return await openMediasoupRelay({ ...options, workers, workerBin: mediasoupWorkerBin });
    } catch (error) {
      if (prefer === 'mediasoup') throw error;
      log.warn({ error }, 'mediasoup does not run here; werift relays video instead, for a few viewers');
    }
  }
  const { openWeriftRelay } = await import('./relay.werift.ts');
  return openWeriftRelay(options);
}
