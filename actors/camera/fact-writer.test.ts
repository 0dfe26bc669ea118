import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CameraMeasured } from '#protocol/camera-quality.ts';
import { AppError } from '#protocol/errors.ts';
import { instantOf, type CrossingDismissed, type LineCrossed, type Undecided } from '#protocol/facts.ts';
import { FactWriter, type CameraFact } from './fact-writer.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const crossing = (crossedAtMs: number): Undecided<LineCrossed> => ({
  type: 'LineCrossed',
  camera: 'hall',
  run: 1,
  track: 1,
  line: 'door',
  direction: 'in',
  crossedAtMs,
  confidence: 0.9,
  detections: 5,
  boxHeightFrac: 0.3,
  path: [],
  processingMs: 20,
  model: 'm',
  cameraRevision: 1,
});

const dismissal = (happenedAtMs: number): Undecided<CrossingDismissed> => {
  const { camera, run, track, line, confidence, detections, boxHeightFrac, path, model, cameraRevision } = crossing(0);
  const event = { camera, run, track, line, confidence, detections, boxHeightFrac, path, model, cameraRevision };
  return { type: 'CrossingDismissed', ...event, reason: 'turned-back', happenedAtMs, ageMs: 900 };
};

function nameOf(fact: CameraFact): string {
  if (fact.type === 'LineCrossed') return `crossed ${String(fact.crossedAtMs)}`;
  if (fact.type === 'CrossingDismissed') return `dismissed ${String(fact.happenedAtMs)}`;
  if (fact.type === 'PictureHealthChanged') return fact.problem;
  return fact.type === 'CameraStateChanged' ? fact.state : `${fact.type} ${String(instantOf(fact))}`;
}

/** A lease that writes down what happens and fails on demand. */
function writer() {
  const log: string[] = [];
  const troubles: (string | null)[] = [];
  let failing: AppError | null = null;
  const attempt = (what: string): Promise<void> => {
    if (failing !== null) return Promise.reject(failing);
    log.push(what);
    return Promise.resolve();
  };
  const lease = {
    start: (ms: number) => attempt(`start ${String(ms)}`),
    append: (fact: CameraFact) => attempt(nameOf(fact)),
  };
  const facts = new FactWriter({
    onTrouble: (error) => troubles.push(error?.code ?? null),
    onRefused: (fact) => log.push(`refused ${fact.type}`),
  });
  return {
    facts,
    lease,
    log,
    troubles,
    fail: (error: AppError | null) => {
      failing = error;
    },
  };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

test('the lease is started a second after its first frame, and earlier crossings are not its own', async () => {
  const { facts, lease, log } = writer();
  facts.hold(lease);
  facts.frame(5_000);
  facts.counted(crossing(5_500));
  facts.counted(crossing(6_000));
  facts.frame(6_100);
  await settle();
  expect(log).toEqual(['start 6000', 'crossed 6000']);
});

test('facts are written in the order in which they were decided, through a full disk, each once', async () => {
  const { facts, lease, log, troubles, fail } = writer();
  facts.hold(lease);
  facts.frame(0);
  await settle();
  fail(new AppError('disk.full', 'no space left'));
  facts.counted(crossing(2_000));
  facts.counted(crossing(3_000));
  await vi.advanceTimersByTimeAsync(3_500);
  expect(log).toEqual(['start 1000']);
  fail(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(log).toEqual(['start 1000', 'crossed 2000', 'crossed 3000']);
  expect(troubles).toEqual(['disk.full', null]);
});

test('a fact that can never be written is refused loudly and the next goes on', async () => {
  const { facts, lease, log, fail } = writer();
  facts.hold(lease);
  facts.frame(0);
  await settle();
  fail(new AppError('message.invalid', 'not a fact'));
  facts.counted(crossing(2_000));
  await settle();
  fail(null);
  facts.counted(crossing(3_000));
  await settle();
  expect(log).toEqual(['start 1000', 'refused LineCrossed', 'crossed 3000']);
});

test('a camera given up writes nothing more', async () => {
  const { facts, lease, log } = writer();
  facts.hold(lease);
  facts.frame(0);
  await settle();
  facts.hold(null);
  facts.counted(crossing(2_000));
  await settle();
  expect(log).toEqual(['start 1000']);
});

test('of near misses a sample is written: ten at once, then one a second, none from before the lease counts', async () => {
  const { facts, lease, log } = writer();
  facts.hold(lease);
  facts.frame(0);
  facts.dismissal(dismissal(900));
  for (let index = 0; index < 30; index += 1) facts.dismissal(dismissal(2_000 + index));
  for (let index = 0; index < 30; index += 1) facts.dismissal(dismissal(4_100 + index));
  await settle();
  const dismissed = log.filter((line) => line.startsWith('dismissed')).map((line) => Number(line.slice(10)));
  expect(dismissed).toEqual([...Array.from({ length: 10 }, (_, index) => 2_000 + index), 4_100, 4_101]);
});

test('near misses do not stand in the way of crossings while the disk is full', async () => {
  const { facts, lease, log, fail } = writer();
  facts.hold(lease);
  facts.frame(0);
  await settle();
  fail(new AppError('disk.full', 'no space left'));
  for (let index = 0; index < 200; index += 1) facts.counted(crossing(2_000 + index));
  facts.dismissal(dismissal(3_000));
  fail(null);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(log.filter((line) => line.startsWith('crossed'))).toHaveLength(200);
  expect(log.filter((line) => line.startsWith('dismissed'))).toEqual([]);
});

test('measurements belong to the lease of their end, and are written in turn with crossings', async () => {
  const { facts, lease, log } = writer();
  const measured = (fromMs: number, untilMs: number): Undecided<CameraMeasured> => ({
    ...{ type: 'CameraMeasured', camera: 'hall', fromMs, untilMs, frames: 1, fpsWanted: 10, fpsReached: 10 },
    ...{
      confidence: null,
      droppedDecoding: 0,
      droppedWaiting: 0,
      failed: 0,
      degradedMs: 0,
      model: 'm',
      cameraRevision: 1,
    },
  });
  facts.counted(measured(0, 5_000));
  facts.hold(lease);
  facts.frame(5_000);
  facts.counted(measured(0, 5_900));
  facts.counted(measured(0, 6_000));
  facts.counted(crossing(6_500));
  await settle();
  expect(log).toEqual(['start 6000', 'CameraMeasured 6000', 'crossed 6500']);
});
