import { isDeepStrictEqual } from 'node:util';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import { cameraConfigSchema, cameraStateSchema, type CameraConfig, type CameraState } from '#protocol/camera.ts';
import { countsMessageSchema, type CountsMessage, type PageMessage } from '#protocol/live.ts';
import { areaMessageSchema, type AreaMessage } from '#protocol/sites.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import { BoxFanout } from './box-fanout.ts';
import { SkewLedger } from './skew-ledger.ts';

const BUS_LOST = 'The server lost its connection to the cameras’ workers. Numbers may be old; trying again…';
const DISK_FULL = 'The disk is full. Counting goes on, but new counts are not safe until somebody frees some space.';

export type PageListener = (text: string) => void;

/**
 * The present state of every camera as the buckets tell it, and the changes as they come. Pages join it; routes read it
 * for their first rendering.
 */
export class LiveHub {
  readonly boxes: BoxFanout;
  readonly skew = new SkewLedger(() => performance.now());
  readonly #bus: Bus;
  readonly #states = new Map<string, CameraState>();
  readonly #counts = new Map<string, CountsMessage>();
  readonly #areas = new Map<string, AreaMessage>();
  /** `<site>` -> revision of its settings. */
  readonly #sites = new Map<string, number>();
  readonly #configs = new Map<string, CameraConfig>();
  readonly #listeners = new Set<PageListener>();
  readonly #closables: Closable[] = [];
  #toldNotice: string | null = null;

  private constructor(bus: Bus) {
    this.#bus = bus;
    this.boxes = new BoxFanout(bus);
  }

  /** Resolves once the buckets' present values are known. The bus stays the caller's. */
  static async open(bus: Bus): Promise<LiveHub> {
    const hub = new LiveHub(bus);
    await Promise.all([
      hub.#follow(await bus.bucket(buckets.cameraStates, cameraStateSchema), hub.#states, (state) => {
        hub.#stateChanged(state);
      }),
      hub.#follow(await bus.bucket(buckets.counts, countsMessageSchema), hub.#counts, (counts) => {
        hub.#broadcast({ type: 'counts', counts });
      }),
      hub.#follow(
        await bus.bucket(buckets.areas, areaMessageSchema),
        hub.#areas,
        (area) => {
          hub.#broadcast({ type: 'area', area });
          if (learn(hub.#sites, area.site, area.revision)) hub.#broadcast({ type: 'sites-changed' });
        },
        'sites-changed',
      ),
      hub.#follow(await bus.bucket(buckets.cameras, cameraConfigSchema), hub.#configs, () => {
        hub.#broadcast({ type: 'cameras-changed' });
      }),
    ]);
    for (const { site, revision } of hub.#areas.values()) hub.#sites.set(site, revision);
    hub.#closables.push(
      bus.onConnection(() => {
        hub.#tellNotice();
      }),
      // The bucket cannot take a state while the broker's disk is full, which is when people want to know.
      bus.subscribeLive(subjects.allLiveStates, cameraStateSchema, (state) => {
        if (learn(hub.#states, state.camera, state)) hub.#stateChanged(state);
      }),
    );
    return hub;
  }

  /** Everything a page that has just joined needs to know. */
  snapshot(): PageMessage[] {
    return [
      this.notice(),
      ...Array.from(this.#states.values(), (state): PageMessage => ({ type: 'state', state })),
      ...Array.from(this.#counts.values(), (counts): PageMessage => ({ type: 'counts', counts })),
      ...Array.from(this.#areas.values(), (area): PageMessage => ({ type: 'area', area })),
    ];
  }

  notice(): PageMessage {
    return { type: 'notice', notice: this.#trouble() };
  }

  states(): CameraState[] {
    return [...this.#states.values()];
  }

  counts(): CountsMessage[] {
    return [...this.#counts.values()];
  }

  /** How many are inside each area and each site. */
  areas(): AreaMessage[] {
    return [...this.#areas.values()];
  }

  /** The cameras as last published on the bus: what is left to show while the database is away. */
  cameras(): CameraConfig[] {
    return [...this.#configs.values()].filter((camera) => !camera.deleted);
  }

  join(listener: PageListener): Closable {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  close(): void {
    for (const closable of this.#closables.splice(0)) closable.close();
    this.boxes.close();
    this.#listeners.clear();
  }

  /** `gone`: what a deleted key means. */
  #follow<T>(
    bucket: Bucket<T>,
    into: Map<string, T>,
    onChange: (value: T) => void,
    gone: 'cameras-changed' | 'sites-changed' = 'cameras-changed',
  ): Promise<void> {
    let ready = false;
    return new Promise((resolve) => {
      const watch = bucket.watch(
        ({ key, value }) => {
          if (value === null) {
            if (into.delete(key) && ready) this.#broadcast({ type: gone });
            return;
          }
          if (learn(into, key, value) && ready) onChange(value);
        },
        () => {
          ready = true;
          resolve();
        },
      );
      this.#closables.push(watch);
    });
  }

  #stateChanged(state: CameraState): void {
    this.#broadcast({ type: 'state', state });
    this.#tellNotice();
  }

  #trouble(): string | null {
    if (!this.#bus.connected) return BUS_LOST;
    return [...this.#states.values()].some(({ code }) => code === 'disk.full') ? DISK_FULL : null;
  }

  /** Only when it changed: pages announce it. */
  #tellNotice(): void {
    const notice = this.#trouble();
    if (notice === this.#toldNotice) return;
    this.#toldNotice = notice;
    this.#broadcast({ type: 'notice', notice });
  }

  #broadcast(message: PageMessage): void {
    const text = JSON.stringify(message);
    for (const listener of this.#listeners) listener(text);
  }
}

/** False when this was known: a state comes by two ways. */
function learn<T>(into: Map<string, T>, key: string, value: T): boolean {
  if (isDeepStrictEqual(into.get(key), value)) return false;
  into.set(key, value);
  return true;
}
