import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { Line } from '#protocol/geometry.ts';
import type { NewDoor } from '#protocol/sites.ts';
import { openSealer } from '#ops/runtime/seal.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import { setBaseline } from './commands/baselines.ts';
import { createCamera } from './commands/cameras.ts';
import { addDoor, changeDoor, removeDoor } from './commands/doors.ts';
import { addArea, createSite, deleteArea, deleteSite, updateArea, updateSite } from './commands/sites.ts';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrate.ts';
import { baselinesOf, listSites, siteById } from './queries/sites.ts';

let postgres: TestPostgres;
let database: Database;
const folder = mkdtempSync(join(tmpdir(), 'footfall-sites-'));
const line = (id: string): Line => ({ id, name: id, p1: [0.1, 0.5], p2: [0.9, 0.5], anchor: 'foot' });
let site = '';
let camera = '';

beforeAll(async () => {
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('hex'));
  postgres = await openTestPostgres();
  database = await openDatabase(postgres.url, silentLog);
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await postgres.close();
  rmSync(folder, { recursive: true });
});
beforeEach(async () => {
  const sealer = openSealer(join(folder, 'key'));
  const lines = [line('street'), line('inner'), line('second')];
  camera = (await createCamera(database, sealer, { name: 'Entrance', mainUrl: 'rtsp://h/', lines })).id;
  const areas = [
    { name: 'Hall', capacity: 50 },
    { name: 'Café', baselineTo: 1 },
  ];
  site = (await createSite(database, { name: 'Shop', timeZone: 'Europe/Berlin', baselineAt: '04:00', areas })).id;
});

async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? `${error.code}: ${error.message}` : String(error);
}

const areasOf = async (): Promise<string[]> => ((await siteById(database, site))?.areas ?? []).map(({ id }) => id);

describe('createSite()', () => {
  it('gives ids made from names, and areas of two sites with one name a number', async () => {
    const [first] = (await listSites(database)).filter(({ id }) => id === 'shop');
    expect(first).toMatchObject({
      name: 'Shop',
      timeZone: 'Europe/Berlin',
      baselineAt: '04:00',
      capacity: null,
      areas: [
        { id: 'cafe', name: 'Café', capacity: null, baselineTo: 1 },
        { id: 'hall', name: 'Hall', capacity: 50, baselineTo: 0 },
      ],
      doors: [],
    });
    const again = await createSite(database, {
      name: 'Shop',
      timeZone: 'UTC',
      areas: [{ name: 'Hall' }, { name: 'Hall' }],
    });
    expect(again.id).not.toBe('shop');
    expect(new Set([...again.areas.map(({ id }) => id), 'hall'])).toHaveProperty('size', 3);
    expect(await refusal(createSite(database, { id: 'hall', name: 'x', timeZone: 'UTC' }))).toContain('site.conflict');
  });

  it.each([
    [
      'a time zone that is none',
      { name: 'x', timeZone: 'Berlin' },
      /timeZone: is not a time zone: give a name such as/,
    ],
    ['an offset for a time zone', { name: 'x', timeZone: '+01:00' }, /timeZone/],
    ['a time of day that is none', { name: 'x', timeZone: 'UTC', baselineAt: '24:00' }, /baselineAt: must be a time/],
    ['a negative capacity', { name: 'x', timeZone: 'UTC', capacity: -1 }, /capacity: cannot be below zero/],
    ['half a person', { name: 'x', timeZone: 'UTC', areas: [{ name: 'a', baselineTo: 0.5 }] }, /areas\.0\.baselineTo/],
    ['no name', { name: ' ', timeZone: 'UTC' }, /name: give it a name/],
  ])('refuses %s and stores nothing', async (_, input, message) => {
    const before = (await listSites(database)).length;
    const said = await refusal(createSite(database, input));
    expect(said).toMatch(/^input\.invalid/);
    expect(said).toMatch(message);
    expect(await listSites(database)).toHaveLength(before);
  });
});

describe('changes of sites and areas', () => {
  it('change what is given and nothing else', async () => {
    expect(await updateSite(database, site, { baselineAt: null, name: 'Big shop' })).toMatchObject({
      name: 'Big shop',
      baselineAt: null,
      timeZone: 'Europe/Berlin',
    });
    const [cafe = ''] = await areasOf();
    const changed = await updateArea(database, site, cafe, { capacity: 12 });
    expect(changed.areas[0]).toMatchObject({ name: 'Café', capacity: 12, baselineTo: 1 });
    expect((await addArea(database, site, { name: 'Attic' })).areas.map(({ name }) => name)).toContain('Attic');
    expect(await refusal(updateSite(database, site, { timeZone: 'Mars/Olympus' }))).toContain('input.invalid');
    expect(await refusal(updateSite(database, 'nowhere', {}))).toBe('site.not-found: there is no site nowhere');
    expect(await refusal(updateArea(database, site, 'nowhere', {}))).toContain('site.not-found');
  });

  it('keep an area while a door leads there', async () => {
    const [cafe = '', hall = ''] = await areasOf();
    await addDoor(database, site, { name: 'Main', camera, line: 'street', from: null, to: hall });
    expect(await refusal(deleteArea(database, site, hall))).toMatch(/^site\.conflict: the area .* has doors: Main/);
    expect(await refusal(deleteArea(database, site, site))).toContain('delete the site instead');
    expect((await deleteArea(database, site, cafe)).areas.map(({ id }) => id)).toEqual([hall]);
    // The id of what was deleted stays taken.
    expect(await refusal(addArea(database, site, { id: cafe, name: 'New' }))).toContain('there is (or was)');
  });

  it('end the doors of a site that is deleted, so that their lines are free', async () => {
    const [, hall = ''] = await areasOf();
    const door: NewDoor = { name: 'Main', camera, line: 'street', from: null, to: hall };
    await addDoor(database, site, door);
    await deleteSite(database, site);
    expect(await siteById(database, site)).toBeNull();
    expect(await refusal(deleteSite(database, site))).toContain('site.not-found');
    const other = await createSite(database, { name: 'Other', timeZone: 'UTC', areas: [{ name: 'Room' }] });
    const made = await addDoor(database, other.id, { ...door, to: other.areas[0]?.id ?? '' });
    expect(made.doors).toHaveLength(1);
  });
});

describe('doors', () => {
  it('are declared once: a line is in one door only, whether it counts or is the twin', async () => {
    const [cafe = '', hall = ''] = await areasOf();
    const twin = { camera, line: 'second', reversed: true };
    const made = await addDoor(database, site, { name: 'Main', camera, line: 'street', from: null, to: hall, twin });
    expect(made.doors).toMatchObject([{ id: 'main', line: 'street', from: null, to: hall, twin, broken: null }]);
    const taken = (line: string): Promise<string> =>
      refusal(addDoor(database, site, { name: 'Again', camera, line, from: hall, to: cafe }));
    expect(await taken('street')).toMatch(/^site\.conflict: the line street .* belongs to the door Main/);
    expect(await taken('second')).toMatch(/^site\.conflict: the line second/);
    expect(await taken('inner')).toBe('null');
    expect(
      await refusal(addDoor(database, site, { id: 'main', name: 'x', camera, line: 'inner', from: hall, to: null })),
    ).toContain('has a door main already');
  });

  it.each([
    [
      'a line that the camera has not',
      { line: 'back' },
      /^input\.invalid: the camera .* has no line back; it has street/,
    ],
    ['a camera that is not there', { camera: 'nowhere' }, /^input\.invalid: there is no camera nowhere/],
    ['an area of no site', { to: 'nowhere' }, /^site\.not-found: there is no area nowhere/],
    ['a way from nowhere to nowhere', { to: null }, /^input\.invalid: .*a door leads from one area to another/],
    ['its own line as the twin', { twin: { camera: '', line: 'street' } }, /^input\.invalid: .*another line/],
  ])('refuse %s', async (_, wrong, message) => {
    const [, hall = ''] = await areasOf();
    const twin = 'twin' in wrong ? { twin: { ...wrong.twin, camera } } : {};
    const door = { name: 'Main', camera, line: 'street', from: null, to: hall, ...wrong, ...twin };
    expect(await refusal(addDoor(database, site, door))).toMatch(message);
  });

  it('change under the same id, give their line free when they go, and say when their line is gone', async () => {
    const [cafe = '', hall = ''] = await areasOf();
    const door: NewDoor = { name: 'Main', camera, line: 'street', from: null, to: hall };
    await addDoor(database, site, door);
    const changed = await changeDoor(database, site, 'main', { ...door, name: 'Turned', from: hall, to: null });
    expect(changed.doors).toMatchObject([{ id: 'main', name: 'Turned', from: hall, to: null }]);
    await database.read((em) => em.execute(`delete from lines where camera = ? and id = 'street'`, [camera]));
    expect((await siteById(database, site))?.doors[0]?.broken).toMatch(/has no line street any more/);
    expect((await removeDoor(database, site, 'main')).doors).toEqual([]);
    expect(await refusal(removeDoor(database, site, 'main'))).toContain('site.not-found');
    expect(await refusal(changeDoor(database, site, 'main', door))).toContain('site.not-found');
    await addDoor(database, site, { ...door, line: 'inner', from: cafe });
  });

  it('cannot take one line twice, even at the same moment', async () => {
    const [cafe = '', hall = ''] = await areasOf();
    const outcomes = await Promise.all(
      [hall, cafe].map((to) =>
        refusal(addDoor(database, site, { name: 'Main', camera, line: 'street', from: null, to })),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'null')).toHaveLength(1);
    expect((await siteById(database, site))?.doors).toHaveLength(1);
  });
});

describe('setBaseline()', () => {
  it('records who said what, and sets the whole where every area is named', async () => {
    const [cafe = '', hall = ''] = await areasOf();
    const atMs = Date.now() - 60_000;
    await setBaseline(database, site, { areas: { [hall]: 5 }, atMs: atMs - 1, note: 'counted twice', by: 'ann' });
    await setBaseline(database, site, { areas: { [hall]: 3, [cafe]: 2 }, atMs, by: 'ann' });
    const made = await baselinesOf(database, site);
    expect(made).toHaveLength(4);
    expect(made.slice(0, 3)).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ atMs, area: site, occupancy: 5, author: 'ann' }),
        expect.objectContaining({ atMs, area: hall, occupancy: 3 }),
        expect.objectContaining({ atMs, area: cafe, occupancy: 2 }),
      ]),
    );
    expect(made[3]).toMatchObject({ atMs: atMs - 1, area: hall, occupancy: 5, note: 'counted twice' });
    const again = setBaseline(database, site, { areas: { [hall]: 9 }, atMs, by: 'bob' });
    expect(await refusal(again)).toContain('site.conflict');
    expect(await baselinesOf(database, site)).toHaveLength(4);
  });

  it.each([
    ['a negative number', () => ({ areas: { x: -1 } }), /^input\.invalid: areas\.x: cannot be below zero/],
    ['nothing at all', () => ({ areas: {} }), /^input\.invalid: areas: name at least one area/],
    ['the future', (area: string) => ({ areas: { [area]: 1 }, atMs: Date.now() + 60_000 }), /lie in the future/],
    ['last month', (area: string) => ({ areas: { [area]: 1 }, atMs: Date.now() - 30 * 86_400_000 }), /at most 7 days/],
    ['an area of no site', () => ({ areas: { nowhere: 1 } }), /^site\.not-found: there is no area nowhere/],
  ])('refuses %s', async (_, input, message) => {
    const [, hall = ''] = await areasOf();
    expect(await refusal(setBaseline(database, site, { ...input(hall), by: 'ann' }))).toMatch(message);
    expect(await baselinesOf(database, site)).toEqual([]);
  });
});
