import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openDatabase, type Database } from '#db/database.ts';
import { migrate } from '#db/migrate.ts';
import { models } from '#db/queries/models.ts';
import { silentLog } from '#ops/testkit/log.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import { openTestPostgres, type TestPostgres } from '#ops/testkit/postgres.ts';
import { fetchModel } from './bring.ts';
import type { CatalogueEntry } from './catalogue.ts';
import { runModel } from './model.ts';

let postgres: TestPostgres;
let database: Database;
let folder: string;
let said: string;

beforeAll(async () => {
  postgres = await openTestPostgres();
  database = await openDatabase(postgres.url, silentLog);
  await migrate(database);
});
afterAll(async () => {
  await database.close();
  await postgres.close();
});

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'footfall-model-'));
  said = '';
  vi.stubEnv('FOOTFALL_DATA', join(folder, 'data'));
  vi.stubEnv('DATABASE_URL', postgres.url);
  const keep = (text: string | Uint8Array): boolean => {
    said += String(text);
    return true;
  };
  vi.spyOn(process.stdout, 'write').mockImplementation(keep);
  vi.spyOn(process.stderr, 'write').mockImplementation(keep);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true });
  await database.write((em) => em.execute('delete from ai_models'));
});

/** A model of its own for each score. */
function model(score: number): Uint8Array {
  const values = new Float32Array(5 * 84);
  values[4 * 84] = score;
  return onnxFile([{ name: 'images', shape: [1, 3, 64, 64] }], [{ name: 'out', shape: [1, 5, 84], values }]);
}

function write(name: string, bytes: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

const stored = (): string[] => readdirSync(join(folder, 'data/models')).filter((name) => name !== '.fetch');
const theModels = async () => (await models(database)).filter(({ isShipped }) => !isShipped);

test('a file is checked, kept with its manifest, known and then active', async () => {
  const path = write('door.onnx', model(0.1));
  write('door.json', '{"colour": "bgr", "madeBy": "us"}');
  expect(await runModel(['add', path, '--licence', 'MIT', '--ap50', '0.8', '--measured-on', 'our door'])).toBe(0);
  const [known] = await theModels();
  const ref = known?.ref ?? '';
  expect(known).toMatchObject({ name: 'door', isActive: false });
  expect(known?.file).toMatchObject({
    format: 'yolov8',
    widthPx: 64,
    licence: 'MIT',
    ap50: 0.8,
    measuredOn: 'our door',
  });
  expect(said).toContain(`${ref}: yolov8, 64x64, licence MIT`);
  expect(stored()).toEqual([`${ref}.json`, `${ref}.onnx`]);
  const manifest = JSON.parse(readFileSync(join(folder, 'data/models', `${ref}.json`), 'utf8')) as object;
  expect(manifest).toMatchObject({ colour: 'bgr', madeBy: 'us', about: { name: 'door' } });

  expect(await runModel(['activate', 'door'])).toBe(0);
  expect(await theModels()).toMatchObject([{ ref, isActive: true }]);
  said = '';
  expect(await runModel(['list'])).toBe(0);
  expect(said).toMatch(new RegExp(`^\\* +${ref} +[0-9a-f]{8} +yolov8 +64x64 +MIT +AP50 80\\.0 % on our door$`, 'm'));
  expect(said).toContain('To fetch: yolox-nano');
});

test('what is brought while the product does not run is known as soon as it does', async () => {
  vi.stubEnv('DATABASE_URL', '');
  await runModel(['add', write('gate.onnx', model(0.2))]);
  expect(said).toContain('The product does not run');
  await expect(runModel(['activate', 'gate'])).rejects.toMatchObject({ code: 'setup.missing' });
  said = '';
  await runModel(['list', '--json']);
  const { models: listed } = JSON.parse(said) as { models: { ref: string; isActive: boolean | null }[] };
  expect(listed.map(({ isActive }) => isActive)).toEqual([null, null]);
  vi.stubEnv('DATABASE_URL', postgres.url);
  expect(await runModel(['activate', 'gate'])).toBe(0);
  expect(await theModels()).toMatchObject([{ name: 'gate', isActive: true }]);
});

test.each([
  ['a zip', () => write('zip.onnx', 'PK\u0003\u0004'), [], 'model.unreadable'],
  [
    'a model of something else',
    () => write('x.onnx', onnxFile([{ name: 'x', shape: [1, 4] }], [])),
    [],
    'model.unreadable',
  ],
  ['a name that is none', () => write('a b.onnx', model(0.1)), [], 'input.invalid'],
  ['the name of the shipped model', () => write('y.onnx', model(0.1)), ['--name', 'footfall-person'], 'input.invalid'],
  ['an accuracy beyond 1', () => write('z.onnx', model(0.1)), ['--ap50', '80'], 'input.invalid'],
])('%s is refused and nothing is kept', async (_, make, options, code) => {
  await expect(runModel(['add', make(), ...options])).rejects.toMatchObject({ code });
  expect(existsSync(join(folder, 'data/models')) ? stored() : []).toEqual([]);
  expect(await theModels()).toEqual([]);
});

test('check says what a file is taken for and keeps nothing', async () => {
  expect(await runModel(['check', write('door.onnx', model(0.1))])).toBe(0);
  expect(said).toMatch(/^door@[0-9a-f]{8}: yolov8, input 64x64, letterbox, [\d.]+ ms a picture here$/m);
  expect(await runModel(['check', 'footfall-person'])).toBe(0);
  await expect(runModel(['check', 'nobody'])).rejects.toMatchObject({ code: 'model.unreadable' });
});

test.each([[], ['bogus'], ['add'], ['list', 'more'], ['fetch', 'a', 'b'], ['list', '--colour', 'red']])(
  'bad usage shows how: %j %j %j',
  async (...args) => {
    expect(await runModel(args.filter((arg) => typeof arg === 'string'))).toBe(2);
    expect(said).toContain('Usage: npm run footfall -- model');
  },
);

test('fetch brings a model of the catalogue from a server, once, and leaves nothing half', async () => {
  const bytes = model(0.3);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const server = createServer((_, response) => response.end(bytes));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}/nano.onnx`;
  const entry: CatalogueEntry = {
    ...{ name: 'nano', version: '1.0', url: 'https://models.invalid/nano.onnx', sha256, sizeBytes: bytes.length },
    ...{ licence: 'Apache-2.0', about: 'small' },
  };
  expect(await fetchModel('nano', url, [entry])).toBe(0);
  expect(await theModels()).toMatchObject([
    { ref: `nano@${sha256.slice(0, 8)}`, file: { version: '1.0', licence: 'Apache-2.0', source: entry.url } },
  ]);
  expect(readdirSync(join(folder, 'data/models/.fetch')).filter((name) => name.includes('nano'))).toEqual([]);
  server.close();

  await expect(fetchModel('nano', null, [entry])).rejects.toMatchObject({ code: 'setup.missing' });
  const offline = fetchModel('nano', null, [entry]);
  for (const help of [entry.url, sha256, 'HTTPS_PROXY', 'model add FILE --name nano']) {
    await expect(offline).rejects.toThrow(help);
  }
  await expect(fetchModel('mega', null, [entry])).rejects.toThrow('the catalogue has no mega: it has nano');
});
