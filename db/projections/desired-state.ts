import { setTimeout as sleep } from 'node:timers/promises';
import { cameraConfigSchema, type CameraConfig } from '#protocol/camera.ts';
import { parse } from '#protocol/codec.ts';
import { epochFloorSchema, type EpochFloor } from '#protocol/leases.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bucket, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { Log } from '#ops/runtime/log.ts';
import { loadConfigs } from '../camera-view.ts';
import { CAMERAS_CHANNEL } from '../commands/cameras.ts';
import type { Database } from '../database.ts';
import { exactModel, loadModelRefs } from '../model-refs.ts';
import { countsOf } from '../queries/counts.ts';
import type { Outgoing } from './outgoing.ts';

const COMPARE_EVERY_MS = 10_000;
const LISTEN_RETRY_MS = 1_000;

export interface DesiredStateOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly outgoing: Outgoing;
}

/**
 * Makes the buckets `cameras` and `epoch-floors` equal the tables: on each NOTIFY, after each reconnect, and in any case by
 * a full compare every ten seconds. A floor goes out before its camera: a worker claims only above it.
 */
export class DesiredState implements Closable {
  readonly #options: DesiredStateOptions;
  readonly #closed = new AbortController();
  readonly #timers: NodeJS.Timeout[] = [];
  readonly #open: Closable[] = [];
  readonly #cameras: Bucket<CameraConfig>;
  readonly #floors: Bucket<EpochFloor>;
  readonly #camerasThere = new Map<string, CameraConfig>();
  readonly #floorsThere = new Map<string, EpochFloor>();
  #syncing: Promise<void> | null = null;
  #again = false;

  private constructor(options: DesiredStateOptions, cameras: Bucket<CameraConfig>, floors: Bucket<EpochFloor>) {
    this.#options = options;
    this.#cameras = cameras;
    this.#floors = floors;
  }

  /** Resolves when the buckets equalled the tables for the first time, or that was found impossible for now. */
  static async start(options: DesiredStateOptions): Promise<DesiredState> {
    const { bus } = options;
    const cameras = await bus.bucket(buckets.cameras, cameraConfigSchema);
    const floors = await bus.bucket(buckets.epochFloors, epochFloorSchema);
    const state = new DesiredState(options, cameras, floors);
    await Promise.all([state.#mirror(cameras, state.#camerasThere), state.#mirror(floors, state.#floorsThere)]);
    state.#open.push(
      bus.onConnection((connected) => {
        if (connected) state.nudge();
      }),
    );
    state.#timers.push(
      setInterval(() => {
        state.nudge();
      }, COMPARE_EVERY_MS),
    );
    void state.#listen();
    await state.#sync();
    return state;
  }

  /** The tables may have changed. */
  nudge(): void {
    void this.#sync();
  }

  close(): void {
    this.#closed.abort();
    for (const timer of this.#timers) clearInterval(timer);
    for (const closable of this.#open) closable.close();
  }

  /** Keeps a copy of what the bucket holds; resolves when it is complete. */
  #mirror<T>(bucket: Bucket<T>, there: Map<string, T>): Promise<void> {
    return new Promise((resolve) => {
      this.#open.push(
        bucket.watch(({ key, value }) => {
          if (value === null) there.delete(key);
          else there.set(key, value);
        }, resolve),
      );
    });
  }

  async #listen(): Promise<void> {
    const { database } = this.#options;
    while (!this.#closed.signal.aborted) {
      // Failing is normal while the database is away; the compare goes on meanwhile.
      await database
        .listen(CAMERAS_CHANNEL, this.#closed.signal, () => {
          this.nudge();
        })
        .catch(() => undefined);
      await sleep(LISTEN_RETRY_MS, undefined, { signal: this.#closed.signal, ref: false }).catch(() => undefined);
    }
  }

  #sync(): Promise<void> {
    this.#again = this.#syncing !== null;
    this.#syncing ??= this.#run().finally(() => (this.#syncing = null));
    return this.#syncing;
  }

  async #run(): Promise<void> {
    do {
      this.#again = false;
      if (this.#closed.signal.aborted || !this.#options.bus.connected) return;
      try {
        await this.#compare();
      } catch (error) {
        if (!this.#closed.signal.aborted)
          this.#options.log.warn({ error }, 'the cameras could not be published: trying again');
      }
    } while (this.#again as boolean);
  }

  async #compare(): Promise<void> {
    const { database, outgoing } = this.#options;
    const { configs, models, floors } = await database.read(async (em) => ({
      configs: await loadConfigs(em, null),
      models: await loadModelRefs(em),
      floors: await em.execute<{ camera: string; epoch: string }[]>(
        'select c.id as camera, coalesce(max(l.epoch), 0) as epoch from cameras c left join leases l on l.camera = c.id group by c.id',
      ),
    }));
    for (const { camera, epoch } of floors) {
      const floor = { camera, epoch: Number(epoch) };
      if (this.#floorsThere.get(camera)?.epoch === floor.epoch) continue;
      await this.#floors.put(camera, floor);
      this.#floorsThere.set(camera, floor);
    }
    for (const row of configs) {
      // Workers know no table: they are told the exact file.
      const model = exactModel(models, row.model);
      const config = parse(cameraConfigSchema, { ...row, model }, 'message.invalid');
      const there = this.#camerasThere.get(config.id);
      if (there !== undefined && JSON.stringify(there) === JSON.stringify(config)) continue;
      await this.#cameras.put(config.id, config);
      this.#camerasThere.set(config.id, config);
      if (there === undefined) outgoing.tell([await countsOf(database, config.id)], []);
    }
    const wanted = new Set(configs.map(({ id }) => id));
    for (const id of [...this.#camerasThere.keys()].filter((key) => !wanted.has(key))) {
      await this.#cameras.delete(id);
      this.#camerasThere.delete(id);
    }
  }
}
