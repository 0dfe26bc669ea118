import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { leaseStarted, lineCrossed, newLease, type TestLease } from '#ops/testkit/facts.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import type { LeaseStarted, LineCrossed } from '#protocol/facts.ts';
import { makeBaselines } from './commands/baselines.ts';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrate.ts';
import { PERIOD_MS } from './projections/area-periods.ts';
import { foldStale } from './projections/areas.ts';
import { CountsProjection } from './projections/counts.ts';
import { storeBatch } from './projections/store-batch.ts';
import { areaHistory } from './queries/area-history.ts';

/** Two areas, hall and cafe, of a site: a door into each and one between them; facts in random order against a plain fold. */
const T = Date.parse('2026-11-22T10:00:00Z');
let postgres: TestPostgres;
let database: Database;
let worlds = 0;

beforeAll(async () => {
  postgres = await openTestPostgres();
  database = await openDatabase(postgres.url, silentLog);
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

interface World {
  readonly hall: string;
  readonly cafe: string;
  readonly site: string;
  readonly lease: TestLease;
}

async function newWorld(): Promise<World> {
  const site = `site-${String((worlds += 1))}`;
  const [hall, cafe, camera] = [`${site}-hall`, `${site}-cafe`, `${site}-cam`];
  const lease = newLease(camera);
  await database.write(async (em) => {
    const at = new Date(T - 86_400_000);
    await em.execute(`insert into cameras values (?, 'x', 1, true, null, 'rtsp://h/', null, null, null, 10, 0, ?, ?)`, [
      camera,
      at,
      at,
    ]);
    await em.execute(`insert into sites values (?, 1, 'Europe/Berlin', null, ?, null, ?)`, [site, at, at]);
    for (const area of [site, hall, cafe]) {
      await em.execute(`insert into areas (id, site, name, baseline_to, created_at) values (?, ?, 'x', 0, ?)`, [
        area,
        site,
        at,
      ]);
    }
    for (const [line, from, to] of [
      ['street', null, hall],
      ['yard', null, cafe],
      ['inner', hall, cafe],
    ]) {
      await em.execute(
        `insert into doors (site, id, since, name, camera, line, from_area, to_area) values (?, ?, ?, 'x', ?, ?, ?, ?)`,
        [site, line ?? '', at, camera, line ?? '', from ?? null, to ?? null],
      );
    }
  });
  await store(leaseStarted(lease, T - 86_400_000));
  return { site, hall, cafe, lease };
}

async function store(...facts: (LeaseStarted | LineCrossed)[]): Promise<void> {
  const messages = facts.map((fact) =>
    fact.type === 'LeaseStarted' ? { kind: 'lease' as const, fact } : { kind: 'counted' as const, fact },
  );
  await database.write((em) => storeBatch(em, messages, new CountsProjection()));
}

interface Happening {
  readonly atMs: number;
  readonly factId: string;
  readonly change: number;
  /** A baseline sets to this. */
  readonly setTo: number | null;
}

/** What an area should hold, from the beginning, one thing after the other. */
function byHand(happenings: readonly Happening[]) {
  let inside = 0;
  const corrections: { atMs: number; factId: string; amount: number }[] = [];
  const history = new Map<number, { end: number; min: number; max: number; entered: number; exited: number }>();
  const order = happenings.toSorted(
    (a, b) => a.atMs - b.atMs || Number(a.setTo === null) - Number(b.setTo === null) || (a.factId < b.factId ? -1 : 1),
  );
  for (const { atMs, factId, change, setTo } of order) {
    const period = Math.floor(atMs / PERIOD_MS) * PERIOD_MS;
    const seen = history.get(period) ?? { end: 0, min: inside, max: inside, entered: 0, exited: 0 };
    if (setTo !== null) {
      if (setTo !== inside) corrections.push({ atMs, factId: '', amount: setTo - inside });
      inside = setTo;
    } else {
      inside += change;
      if (change > 0) seen.entered += 1;
      else seen.exited += 1;
      if (inside < 0) {
        inside = 0;
        corrections.push({ atMs, factId, amount: 1 });
      }
    }
    const { min, max, entered, exited } = seen;
    history.set(period, { end: inside, min: Math.min(min, inside), max: Math.max(max, inside), entered, exited });
  }
  return { occupancy: inside, corrections, history: [...history].sort(([a], [b]) => a - b) };
}

async function folded(site: string, area: string) {
  const [occupancy, corrections] = await database.read(async (em) => [
    (await em.execute<{ occupancy: number }[]>('select occupancy from areas where id = ?', [area]))[0]?.occupancy,
    await em.execute<{ atMs: number; factId: string; amount: number }[]>(
      `select (extract(epoch from at) * 1000)::double precision as "atMs", fact_id as "factId", amount
       from drift_corrections where area = ? order by at, fact_id <> '', fact_id collate "C"`,
      [area],
    ),
  ]);
  const range = { fromMs: T, untilMs: T + 2_100_000, minutes: PERIOD_MS / 60_000 };
  return { occupancy, corrections, history: await areaHistory(database, site, area, range) };
}

const crossing = fc.record({
  line: fc.constantFrom('street', 'yard', 'inner'),
  direction: fc.constantFrom<'in' | 'out'>('in', 'out'),
  /** In tens of seconds: some fall together, some on the edge of five minutes. */
  at: fc.nat({ max: 200 }),
  key: fc.nat(),
});
const baseline = fc.record({
  hall: fc.nat({ max: 3 }),
  cafe: fc.nat({ max: 3 }),
  at: fc.nat({ max: 200 }),
  key: fc.nat(),
});

const plan = fc.record({
  crossings: fc.array(crossing, { maxLength: 40 }),
  baselines: fc.uniqueArray(baseline, { maxLength: 3, selector: ({ at }) => at }),
  size: fc.integer({ min: 1, max: 9 }),
});
type Plan = typeof plan extends fc.Arbitrary<infer P> ? P : never;

/** A late crossing in a period of its own, and two baselines in a later one: a correction of the second was once lost. */
const lateBeforeTwoBaselines: Plan = {
  crossings: [
    { line: 'inner', direction: 'in', at: 103, key: 2 },
    { line: 'yard', direction: 'in', at: 7, key: 9 },
  ],
  baselines: [
    { hall: 0, cafe: 0, at: 187, key: 1 },
    { hall: 3, cafe: 2, at: 193, key: 3 },
  ],
  size: 1,
};

test('in whatever order crossings and baselines come, however often and however late, areas end as in a plain fold', async () => {
  await fc.assert(
    fc.asyncProperty(plan, async ({ crossings, baselines, size }) => {
      const { site, hall, cafe, lease } = await newWorld();
      const facts = crossings.map((c, i) => ({
        ...lineCrossed(lease, i + 1, T + c.at * 10_000, c.direction),
        line: c.line,
      }));
      // Each comes once, every third a second time.
      const arrivals = [
        ...facts.map((fact, i) => ({ fact, key: crossings[i]?.key ?? 0 })),
        ...facts.filter((_, i) => i % 3 === 0).map((fact, i) => ({ fact, key: (crossings[i]?.key ?? 0) >> 1 })),
        ...baselines.map((set) => ({ fact: null, set, key: set.key })),
      ].sort((a, b) => a.key - b.key);
      for (let i = 0; i < arrivals.length; i += size) {
        const part = arrivals.slice(i, i + size);
        await store(...part.flatMap(({ fact }) => (fact === null ? [] : [fact])));
        for (const one of part) {
          if (one.fact !== null) continue;
          const areas = new Map([
            [hall, one.set.hall],
            [cafe, one.set.cafe],
          ]);
          const atMs = T + one.set.at * 10_000;
          await database.write((em) => makeBaselines(em, site, { areas, atMs, author: 'test', note: '' }));
        }
        await foldStale(database);
      }
      const effects: Record<string, Partial<Record<string, number>>> = {
        [hall]: { street: 1, inner: -1 },
        [cafe]: { yard: 1, inner: 1 },
        [site]: { street: 1, yard: 1 },
      };
      for (const [area, signs] of Object.entries(effects)) {
        const steps = facts.flatMap(({ line, direction, crossedAtMs: atMs, id: factId }) => {
          const sign = signs[line];
          return sign === undefined ? [] : [{ atMs, factId, change: direction === 'in' ? sign : -sign, setTo: null }];
        });
        const sets = baselines.map((set) => {
          const setTo = area === site ? set.hall + set.cafe : area === hall ? set.hall : set.cafe;
          return { atMs: T + set.at * 10_000, factId: '', change: 0, setTo };
        });
        const expected = byHand([...steps, ...sets]);
        const { occupancy, corrections, history } = await folded(site, area);
        expect(occupancy).toBe(expected.occupancy);
        expect(corrections).toEqual(expected.corrections);
        const happened = new Map(expected.history);
        let inside = 0;
        for (const { fromMs, start, end, min, max, entered, exited } of history) {
          expect(start).toBe(inside);
          const nothing = { end: inside, min: inside, max: inside, entered: 0, exited: 0 };
          expect({ end, min, max, entered, exited }).toEqual(happened.get(fromMs) ?? nothing);
          inside = end;
        }
      }
    }),
    { numRuns: 40, endOnFailure: true, interruptAfterTimeLimit: 20_000, examples: [[lateBeforeTwoBaselines]] },
  );
});
