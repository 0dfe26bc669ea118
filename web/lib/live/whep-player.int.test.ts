import type { Browser, Page, Route } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openRelay } from '#media/relay/choose.ts';
import type { Relay, RelayCamera } from '#media/relay/relay.port.ts';
import { openModulePage } from '#ops/testkit/browser-module.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { mediasoupBinForTests } from '#ops/testkit/mediasoup-bin.ts';
import { silentLog } from '#ops/testkit/log.ts';

/** The player in real Chromium, in front of a real relay; what lies between, HTTP, is answered and broken here. */
const FPS = 15;
const SOON = { timeout: 20_000, interval: 100 };
const PLAYING = `<!doctype html><title>Player</title><video muted autoplay playsinline></video>
<script type="module">
import { WhepPlayer } from '/module.js';
const video = document.querySelector('video');
globalThis.shown = 0;
window.player = new WhepPlayer({ camera: 'hall', video, nearness: () => 0 });
const onFrame = () => { shown += 1; player.noteFrame(); video.requestVideoFrameCallback(onFrame); };
video.requestVideoFrameCallback(onFrame);
player.setCameraLive(true);
player.start();
</script>`;

let browser: Browser;
let relay: Relay;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
  relay = await openRelay({
    prefer: 'auto',
    mediasoupWorkerBin: mediasoupBinForTests(),
    mediasoupWorkers: 1,
    viewersPerWorker: 20,
    maxViewersPerCamera: 20,
    listenAddresses: ['127.0.0.1'],
    announcedAddress: null,
    firstPort: null,
    log: silentLog,
  });
});

afterAll(async () => {
  await browser.close();
  await relay.close();
});

beforeEach(async () => {
  page = await browser.newPage();
});

afterEach(async () => {
  await page.close();
});

describe('a picture that plays', () => {
  let camera: RelayCamera;
  let source: ClipCamera;
  /** Requests in order, and the viewers that were let in. */
  let asked: string[];
  let viewers: string[];
  let isReachable: boolean;

  beforeEach(async () => {
    asked = [];
    viewers = [];
    isReachable = true;
    const clip = encodeClip({ widthPx: 320, heightPx: 240, frames: FPS, gop: FPS, luma: (frame) => 40 + frame * 9 });
    const onViewers = (): void => undefined;
    const onKeyFrameRequest = (): void => undefined;
    camera = relay.openCamera('hall', { onViewers, onKeyFrameRequest, newestGop: () => source.newestGop });
    source = new ClipCamera(clip, FPS, 90_000, (packet) => {
      camera.write(packet);
    });
    source.start();
    await page.route('**/whep/**', answer);
    await openModulePage(page, ['web/lib/live/whep-player.svelte.ts'], PLAYING);
    await untilMoving();
  });

  afterEach(() => {
    source.stop();
    camera.close();
  });

  async function answer(route: Route): Promise<void> {
    const request = route.request();
    if (request.method() === 'OPTIONS') return route.fulfill({ status: 204 });
    asked.push(request.method());
    const viewerId = request.url().split('/')[5] ?? '';
    const body = request.postData() ?? '';
    if (!isReachable) return route.abort('connectionfailed');
    try {
      if (request.method() === 'POST') {
        const joined = await camera.addViewer(body);
        viewers.push(joined.viewerId);
        const headers = { location: `/whep/hall/${joined.viewerId}`, etag: `"${joined.iceTag}"` };
        await route.fulfill({ status: 201, headers, contentType: 'application/sdp', body: joined.answerSdp });
      } else if (request.method() === 'PATCH') {
        const restarted = await camera.updateIce(viewerId, body, ['*']);
        if (restarted === null) return await route.fulfill({ status: 204 });
        await route.fulfill({ status: 200, headers: { etag: `"${restarted.iceTag}"` }, body: restarted.fragment });
      } else {
        camera.removeViewer(viewerId);
        await route.fulfill({ status: 200 });
      }
    } catch {
      await route.fulfill({ status: 404 });
    }
  }

  async function untilMoving(): Promise<void> {
    const before = await page.evaluate<number>('shown');
    await expect.poll(() => page.evaluate<number>('shown'), SOON).toBeGreaterThan(before + FPS);
  }

  test('goes on over new paths when the network changed, in the same session', async () => {
    const usernameFragment = (): Promise<string> =>
      page.evaluate('/ice-ufrag:(.*)/.exec(player.session.peer.currentRemoteDescription.sdp)[1]');
    const before = await usernameFragment();
    await page.evaluate("dispatchEvent(new Event('online'))");
    await expect.poll(usernameFragment, SOON).not.toBe(before);
    await untilMoving();
    expect(asked.filter((method) => method === 'POST')).toHaveLength(1);
    expect(camera.viewers()).toHaveLength(1);
  });

  test('is asked for anew when the server has forgotten it, without a reload', async () => {
    camera.removeViewer(viewers[0] ?? '');
    await expect.poll(() => asked.filter((method) => method === 'POST').length, SOON).toBeGreaterThan(1);
    await untilMoving();
    expect(asked.indexOf('PATCH')).toBeLessThan(asked.lastIndexOf('POST'));
    expect(camera.viewers()).toHaveLength(1);
  });

  test('keeps its session while the server cannot be asked', async () => {
    isReachable = false;
    source.stop();
    await expect.poll(() => asked.filter((method) => method === 'PATCH').length, SOON).toBeGreaterThan(2);
    isReachable = true;
    source.start();
    await untilMoving();
    expect(asked.filter((method) => method === 'POST')).toHaveLength(1);
  });
});

const WALL = `<!doctype html><title>Wall</title>
<script type="module">
import { WhepPlayer } from '/module.js';
// As a wall that was left far down is opened again: what is on the screen comes last in it.
for (let i = 0; i < 16; i++) {
  const player = new WhepPlayer({ camera: 'cam-' + i, video: document.createElement('video'), nearness: () => 15 - i });
  player.setCameraLive(true);
  player.start();
}
</script>`;

test('a wall of sixteen asks for four at a time, the nearest first', async () => {
  const order: number[] = [];
  let going = 0;
  let most = 0;
  await page.route('**/whep/**', async (route) => {
    if (route.request().method() === 'OPTIONS') return route.fulfill({ status: 204 });
    order.push(Number(/cam-(\d+)/.exec(route.request().url())?.[1]));
    going += 1;
    most = Math.max(most, going);
    await new Promise((resolve) => setTimeout(resolve, 150));
    going -= 1;
    await route.fulfill({ status: 503, headers: { 'retry-after': '60' } });
  });
  await openModulePage(page, ['web/lib/live/whep-player.svelte.ts'], WALL);
  await expect.poll(() => order.length, SOON).toBe(16);
  expect(most).toBeLessThanOrEqual(4);
  // Four that go at once may overtake each other; nobody else overtakes.
  const nearestFirst = Array.from({ length: 16 }, (_, i) => 15 - i);
  expect(nearestFirst.every((camera, rank) => order.indexOf(camera) >= rank - 3)).toBe(true);
});
