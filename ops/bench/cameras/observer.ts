import { cameraStateSchema } from '#protocol/camera.ts';
import { boxesMessageSchema } from '#protocol/live.ts';
import { factSchema, type Fact } from '#protocol/facts.ts';
import { workerStatsSchema, type WorkerStats } from '#protocol/worker-stats.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Instant } from './tally.ts';

/** What the product tells while it runs, as anybody may hear it. The maker closes it. */
export class Observer {
  readonly #bus: Bus;
  readonly #worker: string;
  readonly #listening: readonly Closable[];
  /** By fact id: some are told twice. */
  readonly #facts = new Map<string, Fact>();
  /** Of cameras that are not live. */
  readonly #reasons = new Map<string, string>();
  /** By camera: from the instant a picture shows to its boxes, ms. */
  readonly #boxAges = new Map<string, number[]>();

  constructor(bus: Bus, worker: string) {
    this.#bus = bus;
    this.#worker = worker;
    this.#listening = [
      bus.subscribeLive('footfall.live.camera.*.boxes.v1', boxesMessageSchema, ({ camera, ticks90k, tracks }) => {
        if (tracks.length === 0) return;
        const ages = this.#boxAges.get(camera) ?? [];
        ages.push(Date.now() - ticks90k / 90);
        this.#boxAges.set(camera, ages);
      }),
      bus.subscribeLive(subjects.allLiveStates, cameraStateSchema, ({ camera, state, reason }) => {
        if (state === 'live') this.#reasons.delete(camera);
        else this.#reasons.set(camera, `${camera} is ${state}: ${reason}`);
      }),
      bus.subscribeLive(subjects.allFacts, factSchema, (fact) => {
        this.#facts.set(fact.id, fact);
      }),
    ];
  }

  stats(): Promise<WorkerStats> {
    return this.#bus.request(subjects.workerStats(this.#worker), {}, workerStatsSchema, 10_000);
  }

  /** How old boxes were when they came, ms, since they were last forgotten; of all cameras or some. */
  boxAges(cameras: readonly string[] = [...this.#boxAges.keys()]): number[] {
    return cameras.flatMap((camera) => this.#boxAges.get(camera) ?? []);
  }

  forgetBoxes(): void {
    this.#boxAges.clear();
  }

  /** Why cameras are not live. */
  reasons(): string[] {
    return [...this.#reasons.values()];
  }

  crossings(camera: string, fromMs: number, untilMs: number): Instant[] {
    return [...this.#facts.values()].flatMap((fact) => {
      if (fact.type !== 'LineCrossed' || fact.camera !== camera) return [];
      const isInside = fact.crossedAtMs >= fromMs && fact.crossedAtMs < untilMs;
      return isInside ? [{ atMs: fact.crossedAtMs, direction: fact.direction }] : [];
    });
  }

  /** Frames a second that each camera reached, in its whole minutes since then. */
  fpsReached(fromMs: number): number[] {
    return [...this.#facts.values()].flatMap((fact) =>
      fact.type === 'CameraMeasured' && fact.fromMs >= fromMs ? [fact.fpsReached] : [],
    );
  }

  close(): void {
    for (const each of this.#listening) each.close();
  }
}
