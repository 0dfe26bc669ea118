import { expect, test } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import { parse } from '#protocol/codec.ts';
import { AppError } from '#protocol/errors.ts';
import { pictureMemorySchema, type PictureMemory } from '#protocol/picture-health.ts';
import { traitsOf } from '#media/frames/traits/picture-traits.ts';
import { roomPicture, type RoomOptions } from '#ops/testkit/room-picture.ts';
import { HealthWatch } from './health-watch.ts';

const CONFIG: CameraConfig = {
  id: 'hall',
  name: 'Hall',
  revision: 1,
  enabled: true,
  deleted: false,
  mainUrl: 'rtsp://127.0.0.1/main',
  subUrl: 'rtsp://127.0.0.1/sub',
  sealedCredentials: null,
  model: null,
  analysisFps: 10,
  lines: [],
  zones: [],
};

/** Workers one after the other, and the bucket they share. */
class World {
  kept: PictureMemory | null = null;
  writes = 0;
  readonly told: string[] = [];
  readonly errors: AppError[] = [];
  isAway = false;
  #atMs = 1_000_000;
  #watch: HealthWatch | null = null;

  get watch(): HealthWatch {
    if (this.#watch === null) throw new Error('no worker yet');
    return this.#watch;
  }

  async worker(config = CONFIG): Promise<void> {
    const attempt = <T>(act: () => T): Promise<T> =>
      this.isAway ? Promise.reject(new AppError('bus.unavailable', 'away')) : Promise.resolve(act());
    this.#watch = new HealthWatch(config, {
      memories: {
        get: () => attempt(() => (this.kept === null ? null : { key: 'hall', value: this.kept, revision: 1 })),
        put: (_, value) =>
          attempt(() => {
            this.kept = parse(pictureMemorySchema, JSON.parse(JSON.stringify(value)), 'input.invalid');
            return (this.writes += 1);
          }),
      },
      onChanged: ({ problem, isPresent, run }) =>
        void this.told.push(`${problem} ${isPresent ? 'present' : 'gone'} in run ${String(run)}`),
      onForgetful: (error) => void this.errors.push(error),
    });
    await new Promise(setImmediate);
  }

  show(seconds: number, options: RoomOptions = {}): void {
    const pictures = [0, 1].map((noiseSeed) => roomPicture({ ...options, noiseSeed }));
    const traits = pictures.map((luma, i) => traitsOf(luma, pictures.slice(1 - i, 2 - i), 0));
    for (let i = 0; i < seconds; i += 1) {
      this.#atMs += 1000;
      const one = traits[i % 2];
      if (one !== undefined) this.watch.see({ ...one, ticks90k: this.#atMs * 90 }, 7);
    }
  }
}

test('what changed is told with its run, and present problems can be asked for', async () => {
  const world = new World();
  await world.worker();
  world.show(40);
  world.show(20, { shiftPx: 20 });
  expect(world.told).toEqual(['moved present in run 7']);
  expect(world.watch.problems).toEqual([{ problem: 'moved', sinceMs: 1_041_000 }]);
});

test('the next worker knows the view and the problems of the last one', async () => {
  const world = new World();
  await world.worker();
  world.show(60);
  await world.worker();
  world.show(20, { shiftPx: 20 });
  expect(world.told).toEqual(['moved present in run 7']);
  await world.worker();
  expect(world.watch.problems).toMatchObject([{ problem: 'moved' }]);
  world.show(20);
  expect(world.told.slice(1)).toEqual(['moved gone in run 7']);
});

test('what is known is kept once it is known, on every change and else every ten minutes', async () => {
  const world = new World();
  await world.worker();
  world.show(29);
  expect(world.writes).toBe(0);
  world.show(600);
  expect(world.writes).toBe(1);
  world.show(590);
  expect(world.writes).toBe(2);
  world.show(20, { gain: 0 });
  expect(world.writes).toBe(3);
});

test('another stream is another picture', async () => {
  const world = new World();
  await world.worker();
  world.show(60);
  await world.worker({ ...CONFIG, subUrl: null });
  world.show(60, { shiftPx: 20 });
  expect(world.told).toEqual([]);
  world.watch.configure({ ...CONFIG, revision: 2 });
  world.show(60);
  expect(world.told).toEqual([]);
});

test('lines saved while the camera is moved make what it shows its view', async () => {
  const world = new World();
  await world.worker();
  world.show(40);
  world.show(20, { shiftPx: 20 });
  world.watch.configure({ ...CONFIG, revision: 2, name: 'Hall two' });
  expect(world.watch.problems).toHaveLength(1);
  world.watch.configure({ ...CONFIG, revision: 3, name: 'Hall two' });
  expect(world.told).toEqual(['moved present in run 7', 'moved gone in run 7']);
  world.show(60, { shiftPx: 20 });
  expect(world.watch.problems).toEqual([]);
});

test('lines saved while nothing is wrong change nothing', async () => {
  const world = new World();
  await world.worker();
  world.show(40);
  world.watch.configure({ ...CONFIG, revision: 2 });
  world.show(20, { shiftPx: 20 });
  expect(world.told).toEqual(['moved present in run 7']);
});

test('a bucket that cannot be reached is told of, and the camera is watched all the same', async () => {
  const world = new World();
  world.isAway = true;
  await world.worker();
  world.show(40);
  world.show(20, { gain: 0 });
  await new Promise(setImmediate);
  expect(world.told).toEqual(['dark present in run 7']);
  expect(world.errors.map(({ code }) => code)).toEqual(['bus.unavailable', 'bus.unavailable', 'bus.unavailable']);
});
