import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { boxesMessageSchema } from '#protocol/live.ts';
import { subjects } from '#protocol/subjects.ts';

/** Takes one message of boxes, already written as JSON for a page. */
export type BoxListener = (text: string) => void;

/** One bus subscription per watched camera, shared by every page that watches it, closed with the last. */
export class BoxFanout {
  readonly #bus: Bus;
  readonly #watched = new Map<string, { subscription: Closable; listeners: Set<BoxListener> }>();

  constructor(bus: Bus) {
    this.#bus = bus;
  }

  add(camera: string, listener: BoxListener): void {
    const known = this.#watched.get(camera);
    if (known !== undefined) {
      known.listeners.add(listener);
      return;
    }
    const listeners = new Set([listener]);
    const subscription = this.#bus.subscribeLive(subjects.liveBoxes(camera), boxesMessageSchema, (boxes) => {
      const text = JSON.stringify({ type: 'boxes', boxes });
      for (const each of listeners) each(text);
    });
    this.#watched.set(camera, { subscription, listeners });
  }

  remove(camera: string, listener: BoxListener): void {
    const known = this.#watched.get(camera);
    if (known === undefined) return;
    known.listeners.delete(listener);
    if (known.listeners.size > 0) return;
    known.subscription.close();
    this.#watched.delete(camera);
  }

  get watchedCameras(): number {
    return this.#watched.size;
  }

  close(): void {
    for (const { subscription } of this.#watched.values()) subscription.close();
    this.#watched.clear();
  }
}
