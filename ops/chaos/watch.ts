import { setTimeout as sleep } from 'node:timers/promises';
import { boxesMessageSchema, countsMessageSchema } from '#protocol/live.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { decidedIn, type Outbox } from './outbox-file.ts';

const LOOK_EVERY_MS = 500;
const POLL_MS = 100;

/** What the installation tells while it runs, and what its workers' outboxes hold. */
export class Watch {
  readonly #listening: readonly Closable[];
  readonly #timer: NodeJS.Timeout;
  readonly #outboxes: readonly Outbox[];
  /** By camera: the frames somebody looked at, epoch ms, as they were told. */
  readonly #frames = new Map<string, number[]>();
  /** By lease: the greatest n an outbox has given out. */
  readonly decided = new Map<string, number>();
  negativeOccupancy = 0;

  constructor(bus: Bus, outboxes: readonly Outbox[]) {
    this.#outboxes = outboxes;
    this.#listening = [
      bus.subscribeLive('footfall.live.camera.*.boxes.v1', boxesMessageSchema, ({ camera, ticks90k }) => {
        const frames = this.#frames.get(camera) ?? [];
        this.#frames.set(camera, frames);
        frames.push(ticks90k / 90);
      }),
      bus.subscribeLive('footfall.live.camera.*.counts.v1', countsMessageSchema, ({ occupancy }) => {
        if (occupancy < 0) this.negativeOccupancy += 1;
      }),
    ];
    this.#timer = setInterval(() => {
      this.look();
    }, LOOK_EVERY_MS);
  }

  /** Writes down what the outboxes have given numbers to so far. */
  look(): void {
    for (const outbox of this.#outboxes) {
      for (const [leaseId, n] of decidedIn(outbox)) {
        this.decided.set(leaseId, Math.max(n, this.decided.get(leaseId) ?? 0));
      }
    }
  }

  /** Somebody looked at frames of every one of them later than `sinceMs`. */
  async untilAllSeen(cameras: readonly string[], sinceMs: number, limitMs: number): Promise<void> {
    const deadline = Date.now() + limitMs;
    for (;;) {
      const unseen = cameras.filter((camera) => !(this.#frames.get(camera) ?? []).some((atMs) => atMs > sinceMs));
      if (unseen.length === 0) return;
      if (Date.now() > deadline) {
        throw new Error(`nobody looked at ${unseen.join(', ')} for ${String(limitMs / 1000)} s`);
      }
      await sleep(POLL_MS);
    }
  }

  /** The longest time between two frames of one camera, in that time. */
  longestPauseMs(cameras: readonly string[], fromMs: number, untilMs: number): number {
    const pauses = cameras.flatMap((camera) => {
      const frames = (this.#frames.get(camera) ?? []).filter((atMs) => atMs >= fromMs && atMs < untilMs);
      const edges = [fromMs, ...frames.sort((a, b) => a - b), untilMs];
      return edges.slice(1).map((atMs, i) => atMs - (edges[i] ?? atMs));
    });
    return Math.round(Math.max(0, ...pauses));
  }

  /** Part of the seconds of all cameras in which somebody was heard to look: a lower bound, what is told may get lost. */
  analysedFrac(cameras: readonly string[], fromMs: number, untilMs: number): number {
    const [first, last] = [Math.ceil(fromMs / 1000), Math.floor(untilMs / 1000)];
    const seen = cameras.flatMap((camera) => {
      const seconds = new Set((this.#frames.get(camera) ?? []).map((atMs) => Math.floor(atMs / 1000)));
      return [...seconds].filter((second) => second >= first && second < last);
    });
    return seen.length / Math.max(1, cameras.length * (last - first));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const each of this.#listening) each.close();
  }
}
