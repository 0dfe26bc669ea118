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
import { Resync } from './resync.ts';

export interface DesiredStateOptions {
  readonly database: Database;
  readonly bus: Bus;
  readonly log: Log;
  readonly outgoing: Outgoing;
}

/** What decides the buckets' content, short: every change of a camera raises its revision, every lease is a row more. */
const FINGERPRINT = `select concat_ws(' ',
  (select concat_ws(' ', count(*), sum(revision)) from cameras),
  (select concat_ws(' ', count(*), max(epoch), sum(epoch)) from leases),
  (select string_agg(concat_ws(' ', name, sha256, is_active, added_at), ',' order by name, sha256) from ai_models)
) as fingerprint`;

/**
 * Makes the buckets `cameras` and `epoch-floors` equal the tables, by a full compare if either changed since the last. A
 * floor goes out before its camera: a worker claims only above it.
 */
export class DesiredState implements Closable {
  readonly #options: DesiredStateOptions;
  readonly #open: Closable[] = [];
  readonly #cameras: Bucket<CameraConfig>;
  readonly #floors: Bucket<EpochFloor>;
  readonly #camerasThere = new Map<string, CameraConfig>();
  readonly #floorsThere = new Map<string, EpochFloor>();
  /** Of tables and buckets that were found equal. */
  #equal: { readonly fingerprint: string; readonly told: number } | null = null;
  /** Values that the buckets' watches brought. */
  #told = 0;
  #resync: Resync | null = null;

  private constructor(options: DesiredStateOptions, cameras: Bucket<CameraConfig>, floors: Bucket<EpochFloor>) {
    this.#options = options;
    this.#cameras = cameras;
    this.#floors = floors;
  }

  /** Resolves when the buckets equalled the tables for the first time, or that was found impossible for now. */
  static async start(options: DesiredStateOptions): Promise<DesiredState> {
    const { database, bus, log } = options;
    const cameras = await bus.bucket(buckets.cameras, cameraConfigSchema);
    const floors = await bus.bucket(buckets.epochFloors, epochFloorSchema);
    const state = new DesiredState(options, cameras, floors);
    await Promise.all([state.#mirror(cameras, state.#camerasThere), state.#mirror(floors, state.#floorsThere)]);
    const resync = new Resync({
      database,
      bus,
      channel: CAMERAS_CHANNEL,
      work: () => state.#compare(),
      onError(error) {
        log.warn({ error }, 'the cameras could not be published: trying again');
      },
    });
    state.#resync = resync;
    state.#open.push(resync);
    await resync.run();
    return state;
  }

  /** The tables may have changed. */
  nudge(): void {
    this.#resync?.nudge();
  }

  close(): void {
    for (const closable of this.#open) closable.close();
  }

  /** Keeps a copy of what the bucket holds; resolves when it is complete. */
  #mirror<T>(bucket: Bucket<T>, there: Map<string, T>): Promise<void> {
    return new Promise((resolve) => {
      this.#open.push(
        bucket.watch(({ key, value }) => {
          this.#told += 1;
          if (value === null) there.delete(key);
          else there.set(key, value);
        }, resolve),
      );
    });
  }

  async #compare(): Promise<void> {
    const { database } = this.#options;
    const [row] = await database.read((em) => em.execute<{ fingerprint: string }[]>(FINGERPRINT));
    const now = { fingerprint: row?.fingerprint ?? '', told: this.#told };
    if (this.#equal?.fingerprint === now.fingerprint && this.#equal.told === now.told) return;
    this.#equal = null;
    await this.#makeEqual();
    this.#equal = now;
  }

  async #makeEqual(): Promise<void> {
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
