import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { openModulePage } from '#ops/testkit/browser-module.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';

/** Sixteen tiles, two thousand pixels apart, that tell in `window.seen` which of them believe they are looked at. */
const WALL = `<!doctype html><title>Wall</title>
<style> body { margin: 0 } div { height: 400px; margin-bottom: 2000px } </style>
<script type="module">
import { seen } from '/module.js';
window.seen = new Array(16).fill(null);
window.ends = window.seen.map((_, i) => {
  const tile = document.body.appendChild(document.createElement('div'));
  return seen((value) => { window.seen[i] = value; })(tile);
});
</script>`;

let browser: Browser;
let page: Page;

beforeAll(async () => {
  browser = await launchChromium();
});

beforeEach(async () => {
  page = await browser.newPage();
  await page.clock.install();
  await openModulePage(page, ['web/lib/video/seen.ts'], WALL);
});

afterAll(async () => {
  await browser.close();
});

/** Their numbers; the observer tells with one of the next frames, however busy the machine is. */
async function untilSeen(tiles: number[]): Promise<void> {
  await expect
    .poll(() => page.evaluate('seen.flatMap((value, i) => (value ? [i] : []))'), { timeout: 20_000 })
    .toEqual(tiles);
}

function scrollTo(tile: number): Promise<void> {
  return page.evaluate(`scrollTo(0, ${String(tile * 2400)})`);
}

test('of a wall only what is on the screen is looked at', async () => {
  await untilSeen([0]);
});

test('a tile that was scrolled away stops a few seconds later, not at once', async () => {
  await untilSeen([0]);
  await scrollTo(5);
  await untilSeen([0, 5]);
  await page.clock.fastForward(5_000);
  await untilSeen([5]);
});

test('a tile that was only scrolled past and back never stops', async () => {
  await untilSeen([0]);
  await page.evaluate(
    'window.told = []; const was = seen; window.seen = new Proxy(was, { set: (_, i, v) => (told.push([+i, v]), was[i] = v, true) })',
  );
  await scrollTo(5);
  await untilSeen([0, 5]);
  await scrollTo(0);
  await expect.poll(() => page.evaluate('scrollY'), { timeout: 20_000 }).toBe(0);
  // Until the observer has told: by then the far tile, which it tells of in the same breath, waits to stop.
  await page.evaluate('new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))');
  await page.clock.fastForward(10_000);
  await untilSeen([0]);
  expect(await page.evaluate('told.some(([tile, value]) => tile === 0 && value === false)')).toBe(false);
});
