import { expect, test } from 'vitest';
import type { PictureProblem } from '#protocol/picture-health.ts';
import { traitsOf, type PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { roomPicture, type RoomOptions } from '#ops/testkit/room-picture.ts';
import {
  createPictureHealth,
  forgetView,
  presentProblems,
  recallPictureHealth,
  stepPictureHealth,
  type HealthChange,
  type PictureHealth,
} from './picture-health.ts';

/** Traits of a picture after another are the same every time: pictures differ in one of four noises only. */
const known = new Map<string, PictureTraits>();
function traitsAfter(now: RoomOptions, before: RoomOptions | null): PictureTraits {
  const key = JSON.stringify([now, before]);
  const traits = known.get(key) ?? traitsOf(roomPicture(now), before === null ? [] : [roomPicture(before)], 0);
  known.set(key, traits);
  return traits;
}

/** One camera, watched a picture a second. */
class Watched {
  health: PictureHealth = createPictureHealth();
  #atMs: number;
  #before: RoomOptions | null = null;
  #pictures = 0;

  constructor(fromMs = 1_000_000) {
    this.#atMs = fromMs;
  }

  show(seconds: number, options: RoomOptions = {}, { isFrozen = false, everyMs = 1000 } = {}): HealthChange[] {
    const changes: HealthChange[] = [];
    for (let i = 0; i < (seconds * 1000) / everyMs; i += 1) {
      this.#atMs += everyMs;
      this.#pictures += 1;
      const now = { ...options, noiseSeed: isFrozen ? 0 : this.#pictures % 4 };
      const traits = { ...traitsAfter(now, this.#before), ticks90k: this.#atMs * 90 };
      const step = stepPictureHealth(this.health, traits);
      this.#before = now;
      this.health = step.health;
      changes.push(...step.changes);
    }
    return changes;
  }
}

function familiar(): Watched {
  const camera = new Watched();
  expect(camera.show(40)).toEqual([]);
  return camera;
}

const FAULTS: readonly [PictureProblem, RoomOptions][] = [
  ['dark', { gain: 0.05 }],
  ['washed-out', { gain: 0.12, offset: 200 }],
  ['washed-out', { gain: 8 }],
  ['covered', { coveredFrac: 0.8 }],
  ['covered', { coveredFrac: 1 }],
  ['blurred', { blurPx: 3 }],
  ['blurred', { blurPx: 8 }],
  ['moved', { shiftPx: 20 }],
  ['moved', { seed: 9 }],
];

test.each(FAULTS)(
  'a picture that is %s by %j is told after ten seconds, alone, and is over ten seconds after it is',
  (problem, options) => {
    const camera = familiar();
    const [raised, ...others] = camera.show(30, options);
    expect(others).toEqual([]);
    expect(raised).toMatchObject({ problem, isPresent: true, sinceMs: 1_041_000, atMs: 1_051_000 });
    expect(presentProblems(camera.health)).toEqual([{ problem, sinceMs: 1_041_000 }]);
    expect(camera.show(30)).toEqual([{ problem, isPresent: false, sinceMs: 1_071_000, atMs: 1_081_000 }]);
    expect(presentProblems(camera.health)).toEqual([]);
  },
);

test.each(FAULTS)('a picture that is %s by %j for eight seconds is nothing to tell', (_, options) => {
  const camera = familiar();
  expect([...camera.show(8, options), ...camera.show(20)]).toEqual([]);
});

test.each<[string, RoomOptions]>([
  ['a crowd before half of it', { crowdFrac: 0.5 }],
  ['its light goes down to a quarter', { gain: 0.25 }],
  ['it turns to infrared', { gain: -0.7, offset: 220, noise: 12 }],
  ['its sensor is noisy', { noise: 30 }],
  ['a third of it is hidden', { coveredFrac: 0.3 }],
])('nothing is wrong with a picture when %s', (_, options) => {
  const camera = familiar();
  expect([...camera.show(60, options), ...camera.show(30)]).toEqual([]);
});

test('the same picture again and again is frozen after half a minute, and no longer once it lives', () => {
  const camera = familiar();
  const raised = camera.show(60, {}, { isFrozen: true });
  expect(raised).toMatchObject([{ problem: 'frozen', isPresent: true }]);
  const [{ atMs = 0, sinceMs = 0 } = {}] = raised;
  expect(atMs - sinceMs).toBe(30_000);
  expect(camera.show(20)).toMatchObject([{ problem: 'frozen', isPresent: false }]);
});

test('pictures that an encoder makes a little different at times are frozen all the same', () => {
  const camera = familiar();
  const raised = Array.from({ length: 12 }, () => [
    ...camera.show(4, {}, { isFrozen: true }),
    ...camera.show(1, { noise: 4 }, { isFrozen: true }),
  ]);
  expect(raised.flat()).toMatchObject([{ problem: 'frozen', isPresent: true }]);
});

test('a dark picture that never changes is dark, not frozen', () => {
  const camera = familiar();
  expect(camera.show(120, { gain: 0, offset: 5 }, { isFrozen: true }).map(({ problem }) => problem)).toEqual(['dark']);
});

test('pictures far apart, as of a still scene with few key frames, are judged too', () => {
  const camera = familiar();
  const [raised] = camera.show(60, { shiftPx: 20 }, { everyMs: 12_000 });
  expect(raised).toMatchObject({ problem: 'moved', isPresent: true, sinceMs: 1_052_000, atMs: 1_076_000 });
});

test.each<[PictureProblem, RoomOptions]>([
  ['dark', { gain: 0.05 }],
  ['covered', { coveredFrac: 1 }],
  ['blurred', { blurPx: 4 }],
])('a camera that is %s from the start is told so, though its view is not known', (problem, options) => {
  expect(new Watched().show(20, options)).toMatchObject([{ problem, isPresent: true }]);
});

test('what is wrong is not learned: after an hour of it the camera is still wrong', () => {
  const camera = familiar();
  expect(camera.show(3600, { shiftPx: 20 }, { everyMs: 10_000 })).toHaveLength(1);
  expect(presentProblems(camera.health)).toMatchObject([{ problem: 'moved' }]);
});

test('a place that changes bit by bit is followed', () => {
  const camera = familiar();
  const changes = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7].flatMap((coveredFrac) =>
    camera.show(3600, { coveredFrac }, { everyMs: 10_000 }),
  );
  expect(changes).toEqual([]);
});

test('a camera that was turned while nobody watched is told from what it showed before', () => {
  const { health } = familiar();
  const later = new Watched(9_000_000);
  later.health = recallPictureHealth(createPictureHealth(), health.view, [{ problem: 'dark', sinceMs: 5 }]);
  const changes = later.show(30, { shiftPx: 20 });
  expect(changes).toMatchObject([
    { problem: 'dark', isPresent: false },
    { problem: 'moved', isPresent: true },
  ]);
});

test('a camera that is meant to show something else now is no longer moved, and learns the new view', () => {
  const camera = familiar();
  camera.show(20, { shiftPx: 20 });
  const forgotten = forgetView(camera.health, 2_000_000);
  expect(forgotten.changes).toEqual([{ problem: 'moved', isPresent: false, sinceMs: 2_000_000, atMs: 2_000_000 }]);
  camera.health = forgotten.health;
  expect(camera.show(60, { shiftPx: 20 })).toEqual([]);
  expect(camera.show(20)).toMatchObject([{ problem: 'moved', isPresent: true }]);
});
