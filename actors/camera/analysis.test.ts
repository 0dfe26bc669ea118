import { expect, test } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import type { LineCrossed, Undecided } from '#protocol/facts.ts';
import type { Line } from '#protocol/geometry.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { StillPicture } from '#media/frames/decoder.port.ts';
import type { Inference } from '../inference/detector.port.ts';
import { Analysis, type AnalysisDeps } from './analysis.ts';
import type { ZoneFact } from './zone-facts.ts';

const EPOCH_MS = 1_800_000_000_000;
const config = {
  ...{ id: 'hall', name: 'Hall', revision: 1, analysisFps: 10, model: null, lines: [] },
  zones: [
    {
      id: 'till',
      name: 'Till',
      polygon: [
        [0.4, 0.3],
        [0.6, 0.3],
        [0.6, 0.9],
        [0.4, 0.9],
      ],
    },
  ],
} as unknown as CameraConfig;

/** A camera before which somebody stands in the zone; `answer` replaces what the detector says of a frame. */
function hall(answer?: (timeMs: number) => Inference | null, monotonicMs = () => 0) {
  const facts: ZoneFact[] = [];
  const crossings: Undecided<LineCrossed>[] = [];
  const boxes: BoxesMessage[] = [];
  const detections = [{ box: boxAround([0.5, 0.6], 0.3), score: 0.8 }];
  const seen: Inference = { detections, model: 'm@1', inferenceMs: 1 };
  const analysis = new Analysis(config, {
    pool: { detect: (_, __, { ticks90k }) => Promise.resolve(answer ? answer(ticks90k / 90 - EPOCH_MS) : seen) },
    monotonicMs,
    epochMs: () => EPOCH_MS,
    onBoxes: (message) => boxes.push(message),
    onCrossing: (crossing) => crossings.push(crossing),
    onDismissal: () => undefined,
    onZoneFact: (fact) => facts.push(fact),
    onFrame: () => undefined,
    onFrameLost: () => undefined,
  });
  const watch = async (fromMs: number, untilMs: number): Promise<void> => {
    analysis.startRun();
    for (let timeMs = fromMs; timeMs < untilMs; timeMs += 100) await analysis.accept(frameAt(timeMs));
  };
  return { analysis, boxes, crossings, seen, watch, left: () => facts.filter(({ type }) => type === 'ZoneLeft') };
}

function pictureAt(timeMs: number): StillPicture {
  return { ticks90k: (EPOCH_MS + timeMs) * 90, receivedAtMs: 0, stillForMs: 2_000 };
}

function frameAt(timeMs: number, receivedAtMs = 0): Parameters<Analysis['accept']>[0] {
  const letterbox = { scaledWidthPx: 0, scaledHeightPx: 0, offsetXPx: 0, offsetYPx: 0 };
  const picture = { rgb: new Uint8Array(0), widthPx: 0, heightPx: 0, letterbox };
  return { ...picture, ticks90k: (EPOCH_MS + timeMs) * 90, receivedAtMs };
}

test('the live message says how many are in each zone, and as who they are drawn', async () => {
  const { boxes, watch } = hall();
  await watch(0, 3_000);
  expect(boxes.at(-1)).toMatchObject({ zones: [{ zone: 'till', people: 1 }], tracks: [{ id: 1 }] });
});

test('runs are numbered on from those that were elsewhere', () => {
  const analysis = new Analysis(config, {} as AnalysisDeps, 7);
  analysis.startRun();
  expect(analysis.run).toBe(8);
});

test('a visit goes on over a new run that comes within a second', async () => {
  const { boxes, watch, left } = hall();
  await watch(0, 3_000);
  await watch(3_800, 6_000);
  expect(left()).toEqual([]);
  expect(boxes.at(-1)).toMatchObject({ run: 2, zones: [{ people: 1 }] });
});

test('a longer gap ends it when they were last seen, in the run in which that was', async () => {
  const { watch, left } = hall();
  await watch(0, 3_000);
  await watch(4_100, 6_000);
  expect(left()).toMatchObject([{ run: 1, enteredAtMs: EPOCH_MS, leftAtMs: EPOCH_MS + 2_900, lost: true }]);
});

test('frames that were overtaken and frames that failed are told apart from those that were tracked', async () => {
  const { analysis, watch, seen } = hall((timeMs) => {
    if (timeMs % 500 === 0) throw new Error('no answer');
    return timeMs % 300 === 0 ? null : seen;
  });
  analysis.quality.tick(0, { droppedDecoding: 0, tallies: {} });
  await watch(0, 3_000);
  const measured = analysis.quality.tick(60_000, { droppedDecoding: 0, tallies: analysis.tallies });
  // Of thirty, six fail; of the others those at 300, 600, 900, 1200, 1800, 2100, 2400 and 2700 ms are overtaken.
  expect(measured).toMatchObject({ frames: 16, droppedWaiting: 8, failed: 6, model: 'm@1' });
  expect(measured?.confidence).toBeCloseTo(0.8);
});

test('pictures like the last frame keep whoever stands there, and only whom the tracker is sure of', async () => {
  const flash = { box: boxAround([0.2, 0.6], 0.3), score: 0.8 };
  const { analysis, boxes, watch, seen } = hall((timeMs) =>
    timeMs === 900 ? { ...seen, detections: [...seen.detections, flash] } : seen,
  );
  await watch(0, 1_000);
  for (let timeMs = 1_100; timeMs < 6_000; timeMs += 200) analysis.still(pictureAt(timeMs));
  expect(boxes.at(-1)?.tracks).toMatchObject([{ id: 1 }]);
  expect(boxes.at(-1)?.ticks90k).toBe((EPOCH_MS + 5_900) * 90);
});

test('before the first frame of a run a still picture says nothing', async () => {
  const { analysis, boxes, watch } = hall();
  await watch(0, 1_000);
  const before = boxes.length;
  analysis.startRun();
  analysis.still(pictureAt(1_100));
  expect(boxes).toHaveLength(before);
});

test('a look in which somebody is seen tracks nobody, one that is empty may be told', async () => {
  const { analysis, boxes, seen } = hall((timeMs) => (timeMs < 1_000 ? { ...seen, detections: [] } : seen));
  analysis.startRun();
  expect(await analysis.look(frameAt(500))).toBe('m@1');
  expect(boxes).toEqual([]);
  analysis.empty(frameAt(500), 'm@1');
  expect(analysis.sight).toBe('nobody');
  expect(boxes).toMatchObject([{ tracks: [] }]);
  expect(await analysis.look(frameAt(2_000))).toBeNull();
  expect(analysis.sight).toBe('nobody');
});

test('a look that fails is no empty one', async () => {
  const { analysis } = hall(() => {
    throw new Error('no answer');
  });
  expect(await analysis.look(frameAt(500))).toBeNull();
});

test('somebody in a zone is near, and so is somebody not yet confirmed', async () => {
  const { analysis } = hall();
  analysis.startRun();
  await analysis.accept(frameAt(0));
  expect(analysis.sight).toBe('near');
  await analysis.accept(frameAt(100));
  expect(analysis.sight).toBe('near');
  analysis.configure({ ...config, zones: [] });
  await analysis.accept(frameAt(200));
  expect(analysis.sight).toBe('somebody');
});

test('an empty scene is told to pages once a second, and the end of the last track at once', async () => {
  let nowMs = 0;
  const { analysis, boxes, seen } = hall(
    (timeMs) => (timeMs < 1_000 ? seen : { ...seen, detections: [] }),
    () => nowMs,
  );
  analysis.startRun();
  for (nowMs = 0; nowMs < 5_000; nowMs += 100) await analysis.accept(frameAt(nowMs, nowMs));
  const empty = boxes.filter(({ tracks }) => tracks.length === 0).map(({ ticks90k }) => ticks90k / 90 - EPOCH_MS);
  expect(empty).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
});

test('boxes of a frame that comes much later than it was taken are not sent', async () => {
  const { analysis, boxes } = hall(undefined, () => 3_000);
  analysis.startRun();
  await analysis.accept(frameAt(0, 1_900));
  await analysis.accept(frameAt(100, 2_100));
  expect(boxes).toHaveLength(1);
});

test('a crossing seen while frames are too few says so, and no other does', async () => {
  const step = (timeMs: number): number => Math.abs(((timeMs / 1_000) % 4) - 2) / 2;
  const { analysis, crossings } = hall((timeMs) => {
    const box = boxAround([0.2 + 0.6 * step(timeMs), 0.6], 0.3);
    return { detections: [{ box, score: 0.8 }], model: 'm@1', inferenceMs: 1 };
  });
  const line: Line = { id: 'door', name: 'Door', p1: [0.5, 0.2], p2: [0.5, 1], anchor: 'foot' };
  analysis.configure({ ...config, zones: [], lines: [line] });
  analysis.startRun();
  for (let timeMs = 0; timeMs < 8_000; timeMs += 100) {
    analysis.isDegraded = timeMs > 4_000;
    await analysis.accept(frameAt(timeMs));
  }
  expect(crossings.map(({ degraded }) => degraded)).toEqual([undefined, undefined, true, true]);
});
