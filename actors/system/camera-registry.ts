import type { CameraConfig } from '#protocol/camera.ts';
import { AppError, toAppError } from '#protocol/errors.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import { SWITCHED_OFF, type CameraView } from '../camera/camera-view.ts';
import type { SessionInput } from '../camera/stream.machine.ts';
import { Claimer } from '../leases/claimer.ts';
import type { Lease } from '../leases/held-lease.ts';
import type { Leases } from '../leases/leases.ts';
import type { Outbox } from '../publishing/outbox.ts';
import type { RootEffects } from './root.machine.ts';
import type { CameraRight, OpenRunningCamera, RunningCamera } from './running-camera.ts';
import { UnheldStates, type UnheldStatesDeps } from './unheld-states.ts';

/** An actor that died of a fault is not started again in the same breath. */
const AFTER_CRASH_MS = 1_000;

export interface CameraRegistryDeps extends UnheldStatesDeps {
  readonly open: OpenRunningCamera;
  readonly leases: Leases;
  readonly outbox: Outbox;
  /** This worker may run it from now on. */
  readonly onClaimed: (camera: string) => void;
}

interface Entry {
  readonly lease: Lease;
  /** The number of the camera's last run, here or elsewhere. */
  readonly runsBefore: number;
  camera: RunningCamera | null;
}

/** The cameras this worker claimed. The root machine says what to do with each; its camera's actors look theirs up here. */
export class CameraRegistry implements RootEffects {
  readonly #deps: CameraRegistryDeps;
  readonly #claimer: Claimer;
  readonly #unheld: UnheldStates;
  readonly #entries = new Map<string, Entry>();

  constructor(deps: CameraRegistryDeps) {
    this.#deps = deps;
    const { leases, clock } = deps;
    this.#unheld = new UnheldStates(deps);
    this.#claimer = new Claimer(leases, clock, {
      onClaimed: (lease) => {
        void this.#take(lease);
      },
      onUnclaimed: (camera, why) => {
        this.#unheld.tell(camera, {
          ...{ state: 'connecting', code: why.code, retryInMs: null },
          reason: `Nobody counts this camera just now: ${why.message}.`,
        });
      },
    });
  }

  play(input: SessionInput, signal: AbortSignal): Promise<never> {
    return this.#open(input.camera).play(input, signal);
  }

  /** Resolves with the reason when the right to it is gone. */
  untilLost(camera: string): Promise<AppError> {
    return this.#claimed(camera).lease.lost;
  }

  wantCamera(camera: string): void {
    this.#claimer.want(camera);
  }

  unwantCamera(camera: string): void {
    this.#claimer.unwant(camera);
  }

  openCamera(config: CameraConfig): void {
    const entry = this.#claimed(config.id);
    entry.camera = this.#deps.open(config, this.#rightOf(entry.lease), entry.runsBefore);
  }

  configureCamera(config: CameraConfig): void {
    this.#open(config.id).configure(config);
  }

  closeCamera(camera: string): void {
    const entry = this.#entries.get(camera);
    if (entry === undefined) return;
    this.#entries.delete(camera);
    entry.camera?.close();
    this.#deps.leases.release(entry.lease).catch((error: unknown) => {
      // Its record is this worker's own: it is claimed again or, after this worker's end, by others.
      this.#deps.log.warn({ camera, error }, 'a camera could not be given back yet');
    });
  }

  showCamera(camera: string, view: CameraView): void {
    this.#entries.get(camera)?.camera?.show(view);
  }

  tellSwitchedOff(camera: string): void {
    const { leases } = this.#deps;
    // Whoever ran it says so itself.
    if (!leases.isHeld(camera) && leases.isSpokesman(camera)) this.#unheld.tell(camera, SWITCHED_OFF);
  }

  cameraCrashed(camera: string, error: unknown): void {
    this.#deps.log.error({ camera, error }, 'a camera actor died of a fault in the product; it is started anew');
    this.#claimer.want(camera, AFTER_CRASH_MS);
  }

  loads(): CameraLoad[] {
    return [...this.#entries.values()].flatMap(({ camera }) => camera?.load() ?? []);
  }

  /** Whether somebody is near one of its lines or in one of its zones. */
  isBusy(camera: string): boolean {
    return this.#entries.get(camera)?.camera?.load().sight === 'near';
  }

  /** After a reconnect: what changed meanwhile never arrived. */
  publishAll(): void {
    for (const { camera } of this.#entries.values()) camera?.publish();
  }

  /** Claims no more; what runs goes on. */
  close(): void {
    this.#claimer.close();
  }

  async #take(lease: Lease): Promise<void> {
    const { camera } = lease;
    const runsBefore = await this.#runsOf(camera);
    if (this.#entries.get(camera)?.lease === lease) return;
    this.closeCamera(camera);
    this.#entries.set(camera, { lease, runsBefore, camera: null });
    this.#deps.onClaimed(camera);
  }

  /** As it was told last. Runs that were not told, or cannot be read, cost a number that is used twice. */
  async #runsOf(camera: string): Promise<number> {
    try {
      return (await this.#deps.states.get(camera))?.value?.run ?? 0;
    } catch (error) {
      this.#deps.log.warn({ camera, error }, 'which run of a camera was its last could not be read');
      return 0;
    }
  }

  #rightOf(lease: Lease): CameraRight {
    const { outbox, leases, log } = this.#deps;
    const { camera } = lease;
    return {
      inCharge: lease.inCharge,
      relieved: lease.relieved,
      get isCertain() {
        return lease.isCertain;
      },
      async start(countsFromMs) {
        await outbox.startLease(lease, countsFromMs);
        await leases.started(lease, countsFromMs).catch((error: unknown) => {
          log.warn({ camera, error: toAppError(error) }, 'who had the camera before was not told that this one counts');
        });
      },
      append: (fact) => outbox.append(lease, fact),
    };
  }

  #claimed(camera: string): Entry {
    const entry = this.#entries.get(camera);
    if (entry === undefined) throw new AppError('internal', `camera ${camera} was not claimed`);
    return entry;
  }

  #open(camera: string): RunningCamera {
    const { camera: open } = this.#claimed(camera);
    if (open === null) throw new AppError('internal', `camera ${camera} is not open`);
    return open;
  }
}
