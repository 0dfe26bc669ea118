import type { CameraConfig, CameraState } from '#protocol/camera.ts';
import type { CameraLoad } from '#protocol/worker-stats.ts';
import type { CameraView } from '#actors/camera/camera-view.ts';
import { FactWriter } from '#actors/camera/fact-writer.ts';
import type { SessionInput } from '#actors/camera/stream.machine.ts';
import { cameraStateOf } from '#actors/system/camera-state.ts';
import type { CameraRight, RunningCamera } from '#actors/system/running-camera.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import type { Clock } from '#ops/runtime/clock.ts';

export interface VirtualCameraDeps {
  readonly worker: string;
  readonly states: Bucket<CameraState>;
  readonly clock: Clock;
  /** Mean of the exponential time from one crossing to the next. */
  readonly crossingEveryMs: number;
}

const CONNECTS_IN_MS = 500;
/** A crossing is decided some pictures after it happened. */
const DECIDED_AFTER_MS = 300;

/**
 * A camera without media: what remains is its part of the control plane. It connects, counts from its first picture on, and
 * people cross its one line at random.
 */
export class VirtualCamera implements RunningCamera {
  readonly #config: CameraConfig;
  readonly #right: CameraRight;
  readonly #deps: VirtualCameraDeps;
  readonly #facts: FactWriter;
  #track = 0;
  #next: NodeJS.Timeout | null = null;

  constructor(config: CameraConfig, right: CameraRight, deps: VirtualCameraDeps) {
    this.#config = config;
    this.#right = right;
    this.#deps = deps;
    this.#facts = new FactWriter({ onTrouble: () => undefined, onRefused: () => undefined });
    this.#facts.hold(right);
  }

  play({ onMedia }: SessionInput, signal: AbortSignal): Promise<never> {
    return new Promise((_, reject) => {
      const connecting = setTimeout(() => {
        onMedia();
        this.#facts.frame(this.#deps.clock.epochMs());
        this.#awaitNext();
      }, CONNECTS_IN_MS);
      signal.addEventListener('abort', () => {
        clearTimeout(connecting);
        this.#stopCounting();
        reject(new Error('stopped'));
      });
    });
  }

  configure(): void {
    // Its line stays where it is.
  }

  show(view: CameraView): void {
    if (!this.#right.isCertain) return;
    const { worker, states, clock } = this.#deps;
    const camera = this.#config.id;
    const nothing = { model: null, trouble: null, modelRefusal: null, stills: null, problems: [] };
    const now = clock.epochMs();
    const state = cameraStateOf({ camera, worker, view, sinceMs: now, run: 1, ...nothing }, now);
    states.put(camera, state).catch(() => undefined);
  }

  publish(): void {
    // Told once, at its last change.
  }

  load(): CameraLoad {
    const nothing = { decoded: 0, inferences: 0, still: 0, overtaken: 0, dropped: 0, heldBytes: 0 };
    return { camera: this.#config.id, sight: 'nobody', asleep: true, fpsWanted: 5, fpsAllowed: 5, ...nothing };
  }

  close(): void {
    this.#stopCounting();
    this.#facts.hold(null);
  }

  #awaitNext(): void {
    const inMs = -Math.log(1 - Math.random()) * this.#deps.crossingEveryMs;
    this.#next = setTimeout(() => {
      this.#cross();
      this.#awaitNext();
    }, inMs);
  }

  #stopCounting(): void {
    if (this.#next !== null) clearTimeout(this.#next);
    this.#next = null;
  }

  #cross(): void {
    const line = this.#config.lines[0];
    if (line === undefined) return;
    this.#track += 1;
    const crossedAtMs = this.#deps.clock.epochMs() - DECIDED_AFTER_MS;
    const x = Math.random();
    this.#facts.counted({
      ...{ type: 'LineCrossed', camera: this.#config.id, run: 1, track: this.#track, line: line.id, crossedAtMs },
      direction: x < 0.5 ? 'in' : 'out',
      ...{ confidence: 0.9, detections: 20, boxHeightFrac: 0.3, processingMs: 20, model: 'virtual@00000000' },
      path: Array.from({ length: 8 }, (_, i): [number, number] => [x, 0.4 + i / 40]),
      cameraRevision: this.#config.revision,
    });
  }
}
