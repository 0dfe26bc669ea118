import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import type { CameraMedia } from '../camera/camera-media.ts';
import type { CameraView } from '../camera/camera-view.ts';
import { OpenCamera, type HeldLease, type OpenCameraDeps } from './open-camera.ts';
import type { RootEffects } from './root.machine.ts';

/** The cameras this worker knows. The root machine says when one comes and goes; its camera's actors look theirs up here. */
export class CameraRegistry implements RootEffects {
  readonly #deps: OpenCameraDeps;
  readonly #cameras = new Map<string, OpenCamera>();

  constructor(deps: OpenCameraDeps) {
    this.#deps = deps;
  }

  media(camera: string): CameraMedia {
    return this.#known(camera).media;
  }

  /** See OpenCamera. Nothing is done for one that was closed in the meantime. */
  hold(camera: string, lease: HeldLease | null): void {
    this.#cameras.get(camera)?.hold(lease);
  }

  openCamera(config: CameraConfig): void {
    this.#cameras.set(config.id, new OpenCamera(config, this.#deps));
  }

  configureCamera(config: CameraConfig): void {
    this.#known(config.id).configure(config);
  }

  closeCamera(camera: string): void {
    this.#cameras.get(camera)?.close();
    this.#cameras.delete(camera);
  }

  showCamera(camera: string, view: CameraView): void {
    this.#cameras.get(camera)?.show(view);
  }

  cameraCrashed(camera: string, error: unknown): void {
    this.#deps.log.error({ camera, error }, 'a camera actor died of a fault in the product; it is started anew');
  }

  loads(): CameraLoad[] {
    return [...this.#cameras.values()].map((camera) => camera.load());
  }

  /** After a reconnect: what changed meanwhile never arrived. */
  publishAll(): void {
    for (const camera of this.#cameras.values()) camera.publish();
  }

  #known(camera: string): OpenCamera {
    const open = this.#cameras.get(camera);
    if (open === undefined) throw new Error(`camera ${camera} is not open`);
    return open;
  }
}
