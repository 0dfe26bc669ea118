import type { CameraConfig } from '#protocol/camera.ts';
import { toAppError, type AppError } from '#protocol/errors.ts';
import type { Undecided } from '#protocol/facts.ts';
import type { PictureHealthChanged, PictureMemory, PresentProblem } from '#protocol/picture-health.ts';
import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import { memoryOf, recalled } from './memory.ts';
import {
  createPictureHealth,
  forgetView,
  isKnown,
  presentProblems,
  stepPictureHealth,
  type HealthChange,
  type HealthTiming,
} from './picture-health.ts';

/** A worker that dies forgets no more than this of a view that changes in half an hour. */
const REMEMBER_EVERY_MS = 10 * 60_000;

export interface HealthWatchDeps {
  readonly memories: Pick<Bucket<PictureMemory>, 'get' | 'put'>;
  /** How long things take to be believed; absent: the product's own. */
  readonly timing?: HealthTiming;
  readonly onChanged: (fact: Undecided<PictureHealthChanged>) => void;
  /** What is known of the camera could not be read or kept. */
  readonly onForgetful: (error: AppError) => void;
}

/** Watches what one camera's pictures look like, and remembers it beyond this worker. */
export class HealthWatch {
  readonly #deps: HealthWatchDeps;
  #config: CameraConfig;
  #health;
  /** Until what is known was read, pictures are not judged. */
  #isReady = false;
  #rememberedAtMs = -Infinity;
  #run = 0;

  constructor(config: CameraConfig, deps: HealthWatchDeps) {
    this.#config = config;
    this.#deps = deps;
    this.#health = createPictureHealth(deps.timing);
    void this.#recall();
  }

  get problems(): PresentProblem[] {
    return presentProblems(this.#health);
  }

  see(traits: PictureTraits, run: number): void {
    if (!this.#isReady) return;
    this.#run = run;
    const { health, changes } = stepPictureHealth(this.#health, traits);
    this.#health = health;
    const atMs = traits.ticks90k / 90;
    this.#tell(changes);
    const isDue = atMs - this.#rememberedAtMs >= REMEMBER_EVERY_MS;
    if (changes.length > 0 || (isDue && isKnown(health))) this.#remember(atMs);
  }

  configure(config: CameraConfig): void {
    const before = this.#config;
    this.#config = config;
    const isMoved = this.problems.some(({ problem }) => problem === 'moved');
    // Who saves lines and zones while the page says that the camera was moved has seen where they lie now.
    if (urlOf(config) === urlOf(before) && !(isMoved && isRedrawn(before, config))) return;
    const atMs = this.#health.lastMs ?? 0;
    const { health, changes } = forgetView(this.#health, atMs);
    this.#health = health;
    this.#tell(changes);
    this.#remember(atMs);
  }

  #tell(changes: readonly HealthChange[]): void {
    const { id: camera, revision: cameraRevision } = this.#config;
    for (const { problem, isPresent, sinceMs, atMs: happenedAtMs } of changes) {
      const what = { problem, isPresent, sinceMs, happenedAtMs };
      this.#deps.onChanged({ type: 'PictureHealthChanged', camera, ...what, run: this.#run, cameraRevision });
    }
  }

  async #recall(): Promise<void> {
    try {
      const kept = await this.#deps.memories.get(this.#config.id);
      this.#health = recalled(this.#health, urlOf(this.#config), kept?.value ?? null);
    } catch (error) {
      this.#deps.onForgetful(toAppError(error));
    }
    this.#isReady = true;
  }

  #remember(atMs: number): void {
    this.#rememberedAtMs = atMs;
    const memory = memoryOf(this.#config.id, urlOf(this.#config), this.#health);
    this.#deps.memories.put(memory.camera, memory).catch((error: unknown) => {
      this.#deps.onForgetful(toAppError(error));
    });
  }
}

/** Of the stream that is watched. */
function urlOf({ mainUrl, subUrl }: CameraConfig): string {
  return subUrl ?? mainUrl;
}

/** Lines and zones were saved, the same or others, and nothing else. */
function isRedrawn(before: CameraConfig, after: CameraConfig): boolean {
  const rest = (config: CameraConfig): string => JSON.stringify({ ...config, revision: 0, lines: [], zones: [] });
  return after.revision > before.revision && rest(before) === rest(after);
}
