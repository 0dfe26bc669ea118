import type { CameraConfig } from '#protocol/camera.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import type { CameraView } from '../camera/camera-view.ts';
import type { CountingLease } from '../camera/fact-writer.ts';
import type { SessionInput } from '../camera/stream.machine.ts';
import type { Lease } from '../leases/held-lease.ts';

/** This worker's right to a camera. */
export interface CameraRight extends CountingLease, Pick<Lease, 'isCertain' | 'inCharge' | 'relieved'> {}

/** What the actors of a claimed camera work on. The registry opens and closes it. */
export interface RunningCamera {
  /** One session of one of its streams; settles only by rejecting, with what ended it. */
  play(input: SessionInput, signal: AbortSignal): Promise<never>;
  configure(config: CameraConfig): void;
  show(view: CameraView): void;
  /** Its state, if it is for this worker to tell. */
  publish(): void;
  load(): CameraLoad;
  close(): void;
}

/** `runsBefore`: the number of the camera's last run, wherever that was. */
export type OpenRunningCamera = (config: CameraConfig, right: CameraRight, runsBefore: number) => RunningCamera;
