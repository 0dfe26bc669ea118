import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openScriptedCamera, reply, SDP, type ScriptedCamera } from '#media/ingest/scripted-camera.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import { freePort } from '#ops/start/tcp.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import { compareCrossings, eventually, framesOnPage, storedCrossings } from './reading.ts';
import { renderedScenes } from './scenes.ts';

/**
 * Every kind of bad input a form can be given: a clear message beside the right field, and what was typed is kept. Then the
 * same product runs out of disk.
 */
const PASSWORD = 'not-the-right-one';
/** A small file system of the product's own needs root. */
const IS_ROOT = process.getuid?.() === 0;
/** Room for the product and some growth. */
const DISK_BYTES = 700 * 1024 * 1024;

const cameras: ScriptedCamera[] = [];
let folder: string;
let product: Product;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'footfall-bad-input-'));
  if (IS_ROOT) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${String(DISK_BYTES)}`, 'tmpfs', folder]);
  product = await Product.start({ ...(await renderedScenes()), dataDir: join(folder, 'data') });
  browser = await launchChromium();
  ({ page } = await openPage(browser, `${product.url}/cameras/new`));
});

afterAll(async () => {
  await browser.close();
  await product.stop();
  for (const camera of cameras) await camera.close();
  if (IS_ROOT) execFileSync('umount', [folder]);
  rmSync(folder, { recursive: true, force: true });
});

async function scripted(script: Parameters<typeof openScriptedCamera>[0]): Promise<string> {
  const camera = await openScriptedCamera(script);
  cameras.push(camera);
  return camera.url;
}

async function submit(fields: { url: string; username?: string; password?: string; model?: string }): Promise<void> {
  await page.goto(`${product.url}/cameras/new`);
  await page.waitForLoadState('networkidle');
  await page.fill('#name', 'Bad one');
  await page.fill('#url', fields.url);
  await page.fill('#username', fields.username ?? '');
  await page.fill('#password', fields.password ?? '');
  if (fields.model !== undefined) {
    await page.getByText('More', { exact: true }).click();
    await page.fill('#model', fields.model);
  }
  await page.getByRole('button', { name: 'Add camera' }).click();
}

/** The message beside a field, once it is there; what was typed must still stand. */
async function messageBeside(field: string, typed: string): Promise<string> {
  const message = page.getByTestId(`error-${field}`);
  await message.waitFor({ timeout: 20_000 });
  expect(await page.inputValue('#name')).toBe('Bad one');
  expect(await page.inputValue('#url')).toBe(typed);
  return message.innerText();
}

test('a malformed address is told as such', async () => {
  await submit({ url: 'http://not-a-camera' });
  expect(await messageBeside('url', 'http://not-a-camera')).toMatch(/rtsp:\/\//);
});

test('an unreachable host is told as such, and may be added anyway', async () => {
  const url = `rtsp://127.0.0.1:${String(await freePort())}/stream`;
  await submit({ url });
  expect(await messageBeside('url', url)).toMatch(/reach|refused|answer/i);
  expect(await page.getByRole('button', { name: /anyway/i }).count()).toBe(1);
});

test('a wrong password is told beside the password, and stands in no log', async () => {
  const challenge = { 'WWW-Authenticate': 'Digest realm="camera", nonce="0123456789abcdef"' };
  const url = await scripted({
    answers: { DESCRIBE: (request, socket) => socket.write(reply(request, 401, challenge)) },
  });
  await submit({ url, username: 'admin', password: PASSWORD });
  expect(await messageBeside('password', url)).toMatch(/password|login|user/i);
  for (const log of ['worker', 'web', 'projector']) expect(product.logOf(log)).not.toContain(PASSWORD);
});

test('a path that does not exist is told as such', async () => {
  const url = await scripted({ answers: { DESCRIBE: (request, socket) => socket.write(reply(request, 404)) } });
  await submit({ url });
  expect(await messageBeside('url', url)).toMatch(/path|exist|found/i);
});

test('a stream without H.264 is told as such', async () => {
  const url = await scripted({ sdp: SDP.replace('H264/90000', 'VP8/90000') });
  await submit({ url });
  expect(await messageBeside('url', url)).toMatch(/H\.?264/);
});

test('a server that sends garbage is told as such', async () => {
  const url = await scripted({ onConnect: (socket) => socket.write(Buffer.alloc(4096, 'garbage ')) });
  await submit({ url });
  expect(await messageBeside('url', url)).toMatch(/RTSP|understand|answer/i);
});

test('a truncated model file is told beside the model', async () => {
  const whole = readFileSync(join(projectRoot, 'actors/inference/models/footfall-person.onnx'));
  const model = join(folder, 'truncated.onnx');
  writeFileSync(model, whole.subarray(0, whole.length / 2));
  const url = await scripted({});
  await submit({ url, model });
  expect(await messageBeside('model', url)).toMatch(/model|ONNX|truncated|damaged|read/i);
});

test('none of it was kept', async () => {
  const response = await fetch(`${product.url}/api/v1/cameras`);
  expect(JSON.stringify(await response.json())).not.toContain('Bad one');
});

describe.skipIf(!IS_ROOT)('a full disk under the data folder (needs root for a small file system)', () => {
  async function notice(): Promise<string> {
    return page.getByTestId('connection').innerText();
  }

  test('the page and the log say so while video and counting go on', async () => {
    await page.goto(product.url);
    await eventually(
      'stored crossings',
      async () => (await storedCrossings(product, 'hall')).length,
      (count) => count > 0,
      60_000,
    );
    fill(join(folder, 'ballast'));
    await eventually('notice', notice, (text) => text.includes('disk is full'), 60_000);
    await eventually(
      'launcher',
      () => Promise.resolve(product.output),
      (output) => /the disk of .* is full/.test(output),
      10_000,
    );
    const before = await framesOnPage(page, 'hall');
    await eventually(
      'frames',
      () => framesOnPage(page, 'hall'),
      (frames) => frames > before + 20,
      10_000,
    );
  });

  test('with space again everything that was counted meanwhile is stored', async () => {
    const sinceMs = Date.now();
    await eventually(
      'crossings on the full disk',
      async () => (await product.simulator.crossings('hall', sinceMs)).length,
      (count) => count >= 2,
      60_000,
    );
    rmSync(join(folder, 'ballast'));
    const freedAtMs = Date.now();
    await sleep(5_000);
    for (const camera of ['entrance', 'hall']) {
      await eventually(
        `crossings of ${camera} that are not stored`,
        async () => {
          const stored = await storedCrossings(product, camera).catch(() => []);
          const { invented, missed } = compareCrossings(stored, await product.simulator.crossings(camera));
          return [...invented, ...missed].filter(({ atMs }) => atMs < freedAtMs);
        },
        (left) => left.length === 0,
        60_000,
      );
    }
    await eventually('notice', notice, (text) => text === '', 10_000);
  });
});

/** Leaves no block free. */
function fill(file: string): void {
  const { bavail, bsize } = statfsSync(folder);
  for (let size = bavail * bsize; size >= 4096; size = Math.floor(size / 2)) {
    try {
      writeFileSync(file, new Uint8Array(Math.min(size, 64 * 1024 * 1024)), { flag: 'a' });
      size *= 2;
    } catch {
      // Too much at once.
    }
  }
}
