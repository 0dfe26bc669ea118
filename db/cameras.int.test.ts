import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import type { Line, Zone } from '#protocol/geometry.ts';
import { openSealer, type Sealer } from '#ops/runtime/seal.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import { createCamera, deleteCamera, setGeometry, updateCamera } from './commands/cameras.ts';
import { openDatabase, type Database } from './database.ts';
import { migrate } from './migrate.ts';
import { cameraById, cameraEvents, listCameras, sealedCredentialsOf } from './queries/cameras.ts';
import { countsByHour, countsByMinute, countsOf, recentCrossings } from './queries/counts.ts';

let postgres: TestPostgres;
let database: Database;
let sealer: Sealer;
const folder = mkdtempSync(join(tmpdir(), 'footfall-db-'));

beforeAll(async () => {
  writeFileSync(join(folder, 'key'), randomBytes(32).toString('hex'));
  sealer = openSealer(join(folder, 'key'));
  postgres = await openTestPostgres();
  database = await openDatabase(postgres.url, silentLog);
  await Promise.all([migrate(database), migrate(database)]);
});
afterAll(async () => {
  await database.close();
  await postgres.close();
  rmSync(folder, { recursive: true });
});

async function code(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  return error instanceof AppError ? error.code : String(error);
}

async function stored(id: string): Promise<{ main_url: string; sealed_credentials: string | null; revision: string }> {
  const [row] = await database.read((em) =>
    em.execute<{ main_url: string; sealed_credentials: string | null; revision: string }[]>(
      'select * from cameras where id = ?',
      [id],
    ),
  );
  if (row === undefined) throw new Error(`no row ${id}`);
  return row;
}

const line: Line = { id: 'door', name: 'Door', p1: [0.1, 0.5], p2: [0.9, 0.5], anchor: 'foot' };

describe('createCamera()', () => {
  it('seals the password of the address for this camera alone and shows neither', async () => {
    const camera = await createCamera(database, sealer, {
      name: 'Main entrance',
      mainUrl: 'rtsp://admin:p%40ss@10.0.0.5/main',
      lines: [line],
    });
    expect(camera).toMatchObject({
      id: 'main-entrance',
      revision: 1,
      mainUrl: 'rtsp://10.0.0.5/main',
      hasCredentials: true,
    });
    expect(JSON.stringify(await listCameras(database))).not.toMatch(/p@ss|p%40ss|v1\./);
    const row = await stored('main-entrance');
    expect(JSON.parse(sealer.open(row.sealed_credentials ?? '', 'camera:main-entrance'))).toEqual({
      username: 'admin',
      password: 'p@ss',
    });
    expect(() => sealer.open(row.sealed_credentials ?? '', 'camera:other')).toThrow(AppError);
  });

  it('numbers the id of a second camera with the same name, and refuses an id that is taken', async () => {
    const second = await createCamera(database, sealer, { name: 'Main entrance', mainUrl: 'rtsp://10.0.0.6/' });
    expect(second.id).toBe('main-entrance-2');
    const again = createCamera(database, sealer, { id: 'main-entrance', name: 'x', mainUrl: 'rtsp://10.0.0.6/' });
    expect(await code(again)).toBe('camera.already-exists');
  });

  it.each([
    ['an address that is none', { name: 'x', mainUrl: 'http://10.0.0.1/' }, 'camera.url-malformed'],
    ['an empty name', { name: ' ', mainUrl: 'rtsp://10.0.0.1/' }, 'input.invalid'],
    [
      'a line outside the picture',
      { name: 'x', mainUrl: 'rtsp://h/', lines: [{ ...line, p1: [1.2, 0] as [number, number] }] },
      'input.invalid',
    ],
  ])('refuses %s and stores nothing', async (_, input, expected) => {
    const before = (await listCameras(database)).length;
    expect(await code(createCamera(database, sealer, input as never))).toBe(expected);
    expect(await listCameras(database)).toHaveLength(before);
  });
});

describe('updateCamera()', () => {
  it('raises the revision, keeps the password on the same server and forgets it on another', async () => {
    const made = await createCamera(database, sealer, { name: 'Hall', mainUrl: 'rtsp://u:p@10.0.0.7:554/a' });
    const renamed = await updateCamera(database, sealer, made.id, {
      name: 'Big hall',
      mainUrl: 'rtsp://10.0.0.7:554/b',
    });
    expect(renamed).toMatchObject({ name: 'Big hall', revision: 2, hasCredentials: true });
    const moved = await updateCamera(database, sealer, made.id, { mainUrl: 'rtsp://10.9.9.9/b' });
    expect(moved).toMatchObject({ revision: 3, hasCredentials: false });
    expect((await stored(made.id)).sealed_credentials).toBeNull();
  });

  it('changes the password as told, or takes it away, without ever showing it', async () => {
    const made = await createCamera(database, sealer, { name: 'Vault', mainUrl: 'rtsp://u:p@10.0.0.13/' });
    await updateCamera(database, sealer, made.id, { credentials: { username: 'v', password: 'w' } });
    const sealed = (await sealedCredentialsOf(database, made.id)) ?? '';
    expect(JSON.parse(sealer.open(sealed, `camera:${made.id}`))).toEqual({ username: 'v', password: 'w' });
    expect(await updateCamera(database, sealer, made.id, { credentials: null })).toMatchObject({
      hasCredentials: false,
    });
    expect(await sealedCredentialsOf(database, made.id)).toBeNull();
    expect(await sealedCredentialsOf(database, 'nowhere')).toBeNull();
  });

  it('loses no change when two come at once', async () => {
    const made = await createCamera(database, sealer, { name: 'Busy', mainUrl: 'rtsp://10.0.0.8/' });
    await Promise.all([
      updateCamera(database, sealer, made.id, { name: 'Busier' }),
      updateCamera(database, sealer, made.id, { analysisFps: 4 }),
      setGeometry(database, made.id, { lines: [line], zones: [] }),
    ]);
    expect(await cameraById(database, made.id)).toMatchObject({
      name: 'Busier',
      analysisFps: 4,
      revision: 4,
      lines: [line],
    });
  });

  it('keeps a camera to a group of workers until it is told otherwise', async () => {
    const made = await createCamera(database, sealer, { name: 'Roof', mainUrl: 'rtsp://10.0.0.8/', group: 'gpu' });
    expect(made.group).toBe('gpu');
    expect(await updateCamera(database, sealer, made.id, { name: 'Roof 2' })).toMatchObject({ group: 'gpu' });
    expect(await updateCamera(database, sealer, made.id, { group: null })).toMatchObject({ group: null, revision: 3 });
    expect(await code(updateCamera(database, sealer, made.id, { group: 'The attic' }))).toBe('input.invalid');
  });

  it('says that there is no such camera', async () => {
    expect(await code(updateCamera(database, sealer, 'nowhere', { name: 'x' }))).toBe('camera.not-found');
  });
});

describe('setGeometry()', () => {
  const zone: Zone = {
    id: 'queue',
    name: 'Queue',
    polygon: [
      [0.1, 0.1],
      [0.4, 0.1],
      [0.2, 0.5],
    ],
  };

  it('replaces lines and zones as a whole, in their order', async () => {
    const made = await createCamera(database, sealer, { name: 'Lines', mainUrl: 'rtsp://10.0.0.9/', lines: [line] });
    const b = { ...line, id: 'b', name: 'B' };
    const changed = await setGeometry(database, made.id, { lines: [b, line], zones: [zone] });
    expect(changed.lines.map(({ id }) => id)).toEqual(['b', 'door']);
    expect(changed.zones).toEqual([zone]);
    expect(await code(setGeometry(database, made.id, { lines: [b, b], zones: [] }))).toBe('geometry.out-of-range');
    expect(await cameraById(database, made.id)).toMatchObject({ lines: [b, line], zones: [zone], revision: 2 });
    expect((await setGeometry(database, made.id, { lines: [], zones: [] })).zones).toEqual([]);
  });

  it('covers up nobody’s change: who drew on an older revision is told and nothing is stored', async () => {
    const made = await createCamera(database, sealer, { name: 'Two', mainUrl: 'rtsp://10.0.0.12/', lines: [line] });
    const mine = { lines: [line], zones: [zone] };
    const both = await Promise.allSettled([
      setGeometry(database, made.id, { lines: [], zones: [] }, made.revision),
      setGeometry(database, made.id, mine, made.revision),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await code(setGeometry(database, made.id, mine, made.revision))).toBe('camera.changed-meanwhile');
    expect(await code(updateCamera(database, sealer, made.id, { name: 'x' }, made.revision))).toBe(
      'camera.changed-meanwhile',
    );
    const [now] = (await listCameras(database)).filter(({ id }) => id === made.id);
    expect(now).toMatchObject({ name: 'Two', revision: 2 });
    expect((await setGeometry(database, made.id, mine, 2)).zones).toEqual([zone]);
  });
});

describe('deleteCamera()', () => {
  it('hides the camera, keeps its id taken and erases its password', async () => {
    const made = await createCamera(database, sealer, { name: 'Gone', mainUrl: 'rtsp://u:p@10.0.0.10/' });
    await deleteCamera(database, made.id);
    expect(await cameraById(database, made.id)).toBeNull();
    expect((await listCameras(database)).some(({ id }) => id === made.id)).toBe(false);
    expect((await stored(made.id)).sealed_credentials).toBeNull();
    expect((await createCamera(database, sealer, { name: 'Gone', mainUrl: 'rtsp://10.0.0.10/' })).id).toBe('gone-2');
    expect(await code(deleteCamera(database, made.id))).toBe('camera.not-found');
  });
});

describe('queries about a camera without facts', () => {
  it('answer with zeros and empty lists', async () => {
    const made = await createCamera(database, sealer, { name: 'New', mainUrl: 'rtsp://10.0.0.11/' });
    const now = Date.now();
    expect(await countsOf(database, made.id)).toEqual({
      camera: made.id,
      sinceMs: made.createdAtMs,
      occupancy: 0,
      lines: [],
      version: 0,
    });
    const byMinute = await countsByMinute(database, made.id, now);
    expect(byMinute.length).toBeGreaterThanOrEqual(12);
    expect(byMinute.every(({ lines }) => lines.length === 0)).toBe(true);
    expect((await countsByHour(database, made.id, now)).length).toBeGreaterThanOrEqual(24);
    expect(await recentCrossings(database, made.id)).toEqual([]);
    expect(await cameraEvents(database, made.id)).toEqual([]);
  });
});

describe('a database that is away', () => {
  it('is storage.unavailable at once, and answers again when it is back', async () => {
    await postgres.stop();
    expect(await code(listCameras(database))).toBe('storage.unavailable');
    await postgres.start();
    expect((await listCameras(database)).length).toBeGreaterThan(0);
  });
});
