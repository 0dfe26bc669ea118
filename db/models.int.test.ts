import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { cameraConfigSchema, type CameraConfig } from '#protocol/camera.ts';
import { isDemoModel } from '#protocol/models.ts';
import { buckets } from '#protocol/streams.ts';
import type { Bucket } from '#ops/runtime/bus.port.ts';
import { openTestProjector, type TestProjector } from '#ops/testkit/projector.ts';
import { createCamera, deleteCamera } from './commands/cameras.ts';
import { activateModel, addModel, type AddModel } from './commands/models.ts';
import { cameraById } from './queries/cameras.ts';
import { modelForSetting, models } from './queries/models.ts';

let product: TestProjector;
let configs: Bucket<CameraConfig>;
const POLL = { timeout: 10_000, interval: 20 };

beforeAll(async () => {
  product = await openTestProjector(Date.now());
  configs = await product.bus.bucket(buckets.cameras, cameraConfigSchema);
});
afterAll(() => product.close());

function file(name: string, version: string): AddModel & { ref: string } {
  const sha256 = createHash('sha256').update(`${name} ${version}`).digest('hex');
  const size = { widthPx: 416, heightPx: 416, sizeBytes: 3_660_092 };
  return {
    name,
    sha256,
    version,
    format: 'yolox',
    ...size,
    licence: 'Apache-2.0',
    ref: `${name}@${sha256.slice(0, 8)}`,
  };
}

async function camera(id: string, model: string | null): Promise<void> {
  await createCamera(product.database, product.sealer, { id, name: id, mainUrl: 'rtsp://127.0.0.1/main', model });
  await told(id, { revision: 1 });
}

/** Until workers are told this of a camera. */
async function told(id: string, wanted: Partial<CameraConfig>): Promise<void> {
  await vi.waitFor(async () => expect((await configs.get(id))?.value).toMatchObject(wanted), POLL);
}

describe('activateModel()', () => {
  test('reaches the workers of cameras that name no model, as the exact file and with a new revision, and no others', async () => {
    const { database } = product;
    await Promise.all([camera('open', null), camera('own', '/srv/own.onnx')]);
    await camera('gone', null);
    await deleteCamera(database, 'gone');
    const nano = file('yolox-nano', '0.1.1rc0');
    expect(await addModel(database, nano)).toBe(nano.ref);
    expect(await activateModel(database, 'yolox-nano')).toBe(nano.ref);
    await told('open', { model: nano.ref, revision: 2 });
    await told('own', { model: '/srv/own.onnx', revision: 1 });
    await told('gone', { deleted: true, revision: 2 });
    expect(await cameraById(database, 'open')).toMatchObject({ model: null });
    expect(isDemoModel(await modelForSetting(database, null))).toBe(false);

    expect(await activateModel(database, 'footfall-person')).toBe('footfall-person');
    await told('open', { model: null, revision: 3 });
    expect(isDemoModel(await modelForSetting(database, null))).toBe(true);
  });

  test('what is active already changes nothing', async () => {
    const { database } = product;
    await camera('still', null);
    const revision = async () => (await cameraById(database, 'still'))?.revision;
    await activateModel(database, 'footfall-person');
    expect(await revision()).toBe(1);
    const same = file('same', '1');
    await addModel(database, same);
    for (const name of ['same', 'same', same.ref]) await activateModel(database, name);
    expect(await revision()).toBe(2);
    await activateModel(database, 'footfall-person');
    expect(await revision()).toBe(3);
  });

  test('an older file of a name is activated by its digits, so that a version can be taken back', async () => {
    const { database } = product;
    const [one, two] = [file('shop', '1'), file('shop', '2')];
    for (const version of [one, two]) await addModel(database, version);
    expect(await activateModel(database, 'shop')).toBe(two.ref);
    expect(await activateModel(database, one.ref)).toBe(one.ref);
    const active = (await models(database)).filter(({ isActive }) => isActive);
    expect(active.map(({ ref }) => ref)).toEqual([one.ref]);
    await activateModel(database, 'footfall-person');
  });

  test.each(['none', 'shop@00000000', '../shop', ''])('"%s" is not there', async (name) => {
    await expect(activateModel(product.database, name)).rejects.toMatchObject({ code: 'model.not-found' });
  });
});

describe('addModel()', () => {
  test('a newer file of a name reaches the cameras that name it without digits', async () => {
    const [one, two] = [file('gate', '1'), file('gate', '2')];
    await addModel(product.database, one);
    await camera('north', 'gate');
    await camera('south', one.ref);
    await told('north', { model: one.ref });
    await addModel(product.database, two);
    await told('north', { model: two.ref, revision: 2 });
    await told('south', { model: one.ref, revision: 1 });
  });

  test('the same file again changes what is said of it and keeps its place', async () => {
    const { database } = product;
    const nano = file('again', '1');
    await addModel(database, nano);
    await addModel(database, { ...nano, licence: 'MIT', ap50: 0.9, measuredOn: 'a clip' });
    const found = (await models(database)).filter(({ name }) => name === 'again');
    expect(found).toMatchObject([{ ref: nano.ref, file: { licence: 'MIT', ap50: 0.9, measuredOn: 'a clip' } }]);
  });

  test('another file of a version that is taken, and the name of the shipped model, are refused', async () => {
    const { database } = product;
    await addModel(database, file('twice', '1'));
    const other = { ...file('twice', '2'), version: '1' };
    await expect(addModel(database, other)).rejects.toThrow(/version 1 of twice is another file, twice@[0-9a-f]{8}/);
    await expect(addModel(database, file('footfall-person', '1'))).rejects.toThrow(/name of the shipped model/);
  });
});

test('the list begins with the shipped model and says what is known of each', async () => {
  const [shipped, ...added] = await models(product.database);
  expect(shipped).toEqual({
    ...{ ref: 'footfall-person', name: 'footfall-person' },
    ...{ isShipped: true, isActive: true, file: null },
  });
  expect(added.length).toBeGreaterThan(0);
  expect(added.find(({ name }) => name === 'yolox-nano')).toMatchObject({
    file: { version: '0.1.1rc0', licence: 'Apache-2.0', ap50: null, source: null, sizeBytes: 3_660_092 },
  });
});
