import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openWeriftRelay } from '#media/relay/relay.werift.ts';
import type { Relay } from '#media/relay/relay.port.ts';
import { openModulePage } from '#ops/testkit/browser-module.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';

/** Boxes come this long after their picture was sent. */
const BOXES_AFTER_MS = 300;
const FPS = 15;
const START_TICKS = 1_795_320_944_106 * 90;
const SOON = { timeout: 40_000, interval: 250 };

const PAGE = `<!doctype html><title>Picture</title><video muted autoplay playsinline></video>
<script type="module">
import { CameraPicture, BoxesLayer } from '/module.js';
globalThis.skews = [];
const boxes = new BoxesLayer();
const add = boxes.skew.add.bind(boxes.skew);
boxes.skew.add = (skewMs, estimated) => { skews.push(skewMs); add(skewMs, estimated); };
const feed = {
  watchBoxes: (_camera, listener) => { globalThis.tellBoxes = listener; return () => undefined; },
  reportSkew: (report) => { (globalThis.reports ??= []).push(report); },
};
globalThis.picture = new CameraPicture({ camera: 'hall', video: document.querySelector('video'), boxes, feed });
picture.open();
picture.player.setCameraLive(true);
picture.player.start();
</script>`;

let browser: Browser;
let relay: Relay;
let page: Page;
let source: ClipCamera;

beforeAll(async () => {
  browser = await launchChromium();
  relay = openWeriftRelay({
    listenAddresses: ['127.0.0.1'],
    announcedAddress: null,
    firstPort: null,
    maxViewersPerCamera: 4,
  });
  const clip = encodeClip({ widthPx: 320, heightPx: 240, frames: FPS, gop: FPS, luma: (frame) => 40 + frame * 9 });
  const camera = relay.openCamera('hall', {
    onViewers: () => undefined,
    onKeyFrameRequest: () => undefined,
    newestGop: () => source.newestGop,
  });
  page = await browser.newPage();
  await page.route('**/whep/**', async (route) => {
    if (route.request().method() !== 'POST') return route.fulfill({ status: 204 });
    const { viewerId, answerSdp } = await camera.addViewer(route.request().postData() ?? '');
    await route.fulfill({ status: 201, headers: { location: `/whep/hall/${viewerId}` }, body: answerSdp });
  });
  await openModulePage(page, ['web/lib/video/camera-picture.svelte.ts', 'web/lib/video/boxes-layer.ts'], PAGE);
  source = new ClipCamera(clip, FPS, START_TICKS, (packet) => {
    camera.write(packet);
    if (packet.marker) setTimeout(tellBoxes, BOXES_AFTER_MS, ticksOf(packet.rtpTimestamp));
  });
  source.start();
});

afterAll(async () => {
  source.stop();
  await browser.close();
  await relay.close();
});

/** Nobody waits for the answer: a page that is being closed gives none. */
function tellBoxes(ticks90k: number): void {
  const boxes = { camera: 'hall', run: 1, ticks90k, sentAtMs: 0, tracks: [] };
  page.evaluate(`tellBoxes(${JSON.stringify(boxes)})`).catch(() => undefined);
}

function ticksOf(rtpTimestamp: number): number {
  return START_TICKS + ((rtpTimestamp - (START_TICKS % 2 ** 32)) >>> 0);
}

function hold(): Promise<number | null> {
  return page.evaluate('picture.player.session?.receiver.jitterBufferTarget ?? null');
}

test('the video waits until every frame shows its own boxes, and no longer when it need not', async () => {
  await expect.poll(() => page.evaluate<number>('skews.length'), SOON).toBeGreaterThan(FPS);
  expect(await hold()).toBeNull();
  await page.evaluate("picture.setMode('exact')");
  await expect.poll(() => page.evaluate('skews.slice(-20).every((skew) => skew === 0)'), SOON).toBe(true);
  expect(await hold()).toBeGreaterThan(BOXES_AFTER_MS);
  await page.evaluate("picture.setMode('live')");
  expect(await hold()).toBeNull();
  const modes = await page.evaluate<string[]>('reports.map(({ mode }) => mode)');
  expect(new Set(modes)).toEqual(new Set(['live', 'exact']));
});
