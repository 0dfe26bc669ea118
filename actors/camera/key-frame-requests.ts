import type { CameraConfig } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import type { Credentials } from '#media/ingest/ingest.port.ts';
import { KeyFrameAsker } from '#media/onvif/key-frame-asker.ts';
import type { Clock } from '#ops/runtime/clock.ts';

export interface KeyFrameRequestsDeps {
  readonly credentialsOf: (config: CameraConfig) => Credentials | null;
  readonly clock: Clock;
  /** Told once for each reason why the camera cannot be asked. */
  readonly onRefused: (error: AppError) => void;
}

/** Passes its viewers' wish for a key frame on to one camera, under its present address and password. */
export class KeyFrameRequests {
  readonly #deps: KeyFrameRequestsDeps;
  #config: CameraConfig;
  #asker: KeyFrameAsker | null = null;

  constructor(config: CameraConfig, deps: KeyFrameRequestsDeps) {
    this.#config = config;
    this.#deps = deps;
  }

  configure(config: CameraConfig): void {
    const { mainUrl, sealedCredentials } = this.#config;
    if (config.mainUrl !== mainUrl || config.sealedCredentials !== sealedCredentials) this.#asker = null;
    this.#config = config;
  }

  ask(): void {
    const asker = (this.#asker ??= this.#open());
    void asker?.ask();
  }

  /** null: its credentials cannot be opened, which its sessions tell about. */
  #open(): KeyFrameAsker | null {
    const { credentialsOf, clock, onRefused } = this.#deps;
    try {
      return new KeyFrameAsker({
        streamUrl: this.#config.mainUrl,
        credentials: credentialsOf(this.#config),
        monotonicMs: () => clock.monotonicMs(),
        epochMs: () => clock.epochMs(),
        onRefused,
      });
    } catch {
      return null;
    }
  }
}
