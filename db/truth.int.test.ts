import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { Truth } from '#protocol/truth.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import { createCamera } from './commands/cameras.ts';
import { createTruth, deleteTruth, markEvents, removeEvent } from './commands/truth.ts';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrate.ts';
import { compareTruth } from './queries/truth-comparison.ts';
import { listTruths, truthById } from './queries/truth.ts';

let postgres: TestPostgres;
let database: Database;
const folder = mkdtempSync(join(tmpdir(), 'footfall-truth-'));
/** 2026-11-02, a Monday morning. */
const T0 = Date.UTC(2026, 10, 2, 8);
const NOW = T0 + 86_400_000;

beforeAll(async () => {
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('hex'));
  postgres = await openTestPostgres();
  database = await openDatabase(postgres.url, silentLog);
  await migrate(database);
  const lines = ['door', 'gate'].map((id, place) => {
    const x = 0.2 + place / 2;
    return { id, name: id, p1: [x, 0] as [number, number], p2: [x, 1] as [number, number] };
  });
  await createCamera(database, openSealer(join(folder, 'key')), {
    id: 'hall',
    name: 'Hall',
    mainUrl: 'rtsp://10.0.0.1/',
    lines,
  });
});
afterAll(async () => {
  await database.close();
  await postgres.close();
  rmSync(folder, { recursive: true });
});

const wanted = { camera: 'hall', name: 'Monday', fromMs: T0, untilMs: T0 + 60_000, lines: ['door'], by: 'Ada' };
const at = (seconds: number, direction: 'in' | 'out' = 'in', line = 'door') => {
  return { line, direction, atMs: T0 + seconds * 1000 };
};
const mark = (id: string, ...events: ReturnType<typeof at>[]) => markEvents(database, id, { by: 'Grace', events }, NOW);
const times = (truth: Truth) => truth.events.map(({ atMs }) => (atMs - T0) / 1000);

async function code(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

let n = 0;
async function count(seconds: number, direction: 'in' | 'out', line = 'door', model = 'm@1'): Promise<string> {
  n += 1;
  const fact = `hall.lease.${String(n)}`;
  await database.write((em) =>
    em.execute(
      `insert into counting_results (crossed_at, fact_id, camera, line, direction, worker, lease_id, epoch, n, run, track,
         confidence, detections, box_height_frac, path, processing_ms, model, camera_revision)
       values (to_timestamp(?::double precision / 1000), ?, 'hall', ?, ?, 'w', 'lease', 1, ?, 1, ?, 0.9, 9, 0.3, '[]', 5, ?, 1)`,
      [T0 + seconds * 1000, fact, line, direction, n, n, model],
    ),
  );
  return fact;
}

describe('marking', () => {
  it('keeps who marked what and when, in the order of time', async () => {
    const made = await createTruth(database, wanted, NOW);
    expect(made).toMatchObject({ ...{ camera: 'hall', revision: 1, createdBy: 'Ada', createdAtMs: NOW }, events: [] });
    const marked = await mark(made.id, at(20), at(5, 'out'));
    expect(marked.revision).toBe(2);
    expect(marked.events).toEqual([
      { event: 2, ...at(5, 'out'), toleranceMs: 1000, markedBy: 'Grace', markedAtMs: NOW },
      { event: 1, ...at(20), toleranceMs: 1000, markedBy: 'Grace', markedAtMs: NOW },
    ]);
  });

  it('takes marks away in later revisions only, and never uses their numbers again', async () => {
    const { id } = await createTruth(database, wanted, NOW);
    await mark(id, at(1), at(2));
    const without = await removeEvent(database, id, 2, 'Ada', NOW);
    expect(times(without)).toEqual([1]);
    const more = await mark(id, at(3));
    expect(more.events.map(({ event }) => event)).toEqual([1, 3]);
    expect(times(await truthById(database, id, 2))).toEqual([1, 2]);
    expect(times(await truthById(database, id, 1))).toEqual([]);
    expect(await code(truthById(database, id, 5))).toBe('input.invalid');
    expect(await code(removeEvent(database, id, 2, 'Ada', NOW))).toBe('truth.not-found');
    const [row] = await database.read((em) =>
      em.execute<{ removed_by: string }[]>('select * from truth_events where truth = ? and event = 2', [id]),
    );
    expect(row?.removed_by).toBe('Ada');
  });

  it('loses none of the marks made at once', async () => {
    const { id } = await createTruth(database, wanted, NOW);
    await Promise.all([1, 2, 3, 4, 5].map((second) => mark(id, at(second))));
    const truth = await truthById(database, id);
    expect(truth.revision).toBe(6);
    expect(times(truth)).toEqual([1, 2, 3, 4, 5]);
  });

  it.each([
    ['a camera that is not there', { camera: 'nowhere' }, 'camera.not-found'],
    ['a line that the camera has not', { lines: ['window'] }, 'input.invalid'],
    ['a line twice', { lines: ['door', 'door'] }, 'input.invalid'],
    ['an end before its beginning', { untilMs: T0 }, 'input.invalid'],
    ['more than a day', { fromMs: T0 - 86_400_001 }, 'input.invalid'],
    ['the future', { untilMs: NOW + 1 }, 'input.invalid'],
    ['nobody who marks', { by: ' ' }, 'input.invalid'],
  ])('refuses %s', async (_, wrong, expected) => {
    const before = await listTruths(database, null);
    expect(await code(createTruth(database, { ...wanted, ...wrong }, NOW))).toBe(expected);
    expect(await listTruths(database, null)).toEqual(before);
  });

  it.each([
    ['another line', at(1, 'in', 'gate')],
    ['a time before', at(-0.001)],
    ['the end, which is not included', at(60)],
  ])('refuses a mark at %s, and those sent with it', async (_, wrong) => {
    const { id } = await createTruth(database, wanted, NOW);
    expect(await code(mark(id, at(1), wrong))).toBe('input.invalid');
    expect(await truthById(database, id)).toMatchObject({ revision: 1, events: [] });
  });

  it('refuses more marks than can be compared', async () => {
    const { id } = await createTruth(database, wanted, NOW);
    const many = Array.from({ length: 500 }, (_, i) => at(i / 10));
    await mark(id, ...many);
    await mark(id, ...many);
    expect(await code(mark(id, at(1)))).toBe('input.too-large');
  });

  it('hides a deleted truth', async () => {
    const { id } = await createTruth(database, wanted, NOW);
    await deleteTruth(database, id, 'Ada', NOW);
    expect(await code(truthById(database, id))).toBe('truth.not-found');
    expect(await code(mark(id, at(1)))).toBe('truth.not-found');
    expect((await listTruths(database, 'hall')).some((truth) => truth.id === id)).toBe(false);
  });
});

describe('compareTruth()', () => {
  it('matches what was counted in the time, also a little beyond its ends, and finds who was missed or made up', async () => {
    const { id } = await createTruth(database, { ...wanted, lines: ['door', 'gate'] }, NOW);
    await mark(id, at(0.2), at(10), at(20, 'out'), at(30, 'in', 'gate'));
    const early = await count(-0.3, 'in');
    await count(-0.9, 'in'); // Before the time: nobody's error.
    const right = await count(10.4, 'in');
    const wrongWay = await count(20, 'in');
    await count(30, 'in', 'gate', 'n@2');
    const comparison = await compareTruth(database, id);
    expect(comparison).toMatchObject({
      truth: id,
      revision: 2,
      isExact: false,
      models: ['m@1', 'n@2'],
      cameraRevisions: [1],
    });
    const [door, gate] = comparison.lines;
    expect(door).toMatchObject({
      line: 'door',
      true: { in: 2, out: 1 },
      counted: { in: 3, out: 0 },
      isExact: false,
      eventRecall: 2 / 3,
      eventPrecision: 2 / 3,
      matched: [
        { event: 1, fact: early },
        { event: 2, fact: right },
      ],
      missed: [{ event: 3 }],
      extra: [{ fact: wrongWay, direction: 'in', atMs: T0 + 20_000 }],
    });
    expect(gate).toMatchObject({ isExact: true, eventRecall: 1 });
    expect(comparison.total).toMatchObject({ eventRecall: 3 / 4, eventPrecision: 3 / 4 });
  });

  it('compares an earlier revision as it was', async () => {
    const { id } = await createTruth(database, { ...wanted, lines: ['gate'] }, NOW);
    await mark(id, at(50, 'in', 'gate'));
    expect((await compareTruth(database, id, 1)).lines[0]).toMatchObject({
      true: { in: 0, out: 0 },
      counted: { in: 1 },
    });
    expect((await compareTruth(database, id)).lines[0]?.missed).toHaveLength(1);
  });
});
