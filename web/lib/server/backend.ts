import type { Bus } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import type { Sealer } from '#ops/runtime/seal.ts';
import { AppError } from '#protocol/errors.ts';
import type { CameraStore } from './camera-store.ts';
import type { DeadLetterStore } from './dead-letter-store.ts';
import type { LiveHub } from './live-hub.ts';
import type { SiteStore } from './site-store.ts';
import type { TruthStore } from './truth-store.ts';
import type { Viewing } from './viewing.ts';
import type { WorkerStore } from './worker-store.ts';

/** What routes and sockets stand on; opened once per process by web/main.ts or by the development server. */
export interface Backend {
  readonly bus: Bus;
  readonly cameras: CameraStore;
  readonly truths: TruthStore;
  readonly sites: SiteStore;
  readonly deadLetters: DeadLetterStore;
  readonly workers: WorkerStore;
  readonly hub: LiveHub;
  readonly viewing: Viewing;
  readonly sealer: Sealer;
  readonly log: Log;
  /** The address this server listens on; a request must name it, an IP address or localhost. */
  readonly host: string;
}

let current: Backend | null = null;

export function installBackend(backend: Backend): void {
  current = backend;
}

/** Throws AppError storage.unavailable before the process has opened its bus and database. */
export function backend(): Backend {
  if (current === null)
    throw new AppError('storage.unavailable', 'the server is still starting: try again in a moment');
  return current;
}
