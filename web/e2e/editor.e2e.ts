import { setTimeout as sleep } from 'node:timers/promises';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { CameraView } from '#web/lib/camera-view.ts';
import type { Direction, Line, Point } from '#protocol/geometry.ts';
import { countsMessageSchema } from '#protocol/live.ts';
import { whepCloseSchema } from '#protocol/signalling.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { Product } from '#ops/testkit/product.ts';
import { compareCrossings, eventually, framesOnPage, storedCrossings } from './reading.ts';
import { renderedScenes } from './scenes.ts';

/**
 * Lines drawn on live video: one by mouse on the entrance, one by touch in the hall, each upon the scene's own line, whose
 * true crossings the simulator knows. They count the next walkers; flipped, they count the other way. The steps build on one
 * another.
 */
const ENTRANCE = 'entrance';
const HALL = 'hall';
/** True crossings awaited on each camera, after a line was stored and again after it was flipped. */
const CROSSINGS = 3;
/** Until the worker has the line, and who was on it just then is past. */
const SETTLING_MS = 2_500;
/** A stored instant may lie this far beside the true one. */
const BESIDE_MS = 1_000;
/** From the crossing itself to its row in the database, generously. */
const STORED_AFTER_MS = 4_000;

interface Drawn {
  readonly camera: string;
  readonly page: Page;
  /** When the server had stored the line, epoch ms. */
  storedAtMs: number;
}

let product: Product;
let browser: Browser;
let withMouse: Page;
let touching: BrowserContext;
let withFinger: Page;
let drawn: Drawn[];

beforeAll(async () => {
  product = await Product.start(await renderedScenes());
  browser = await launchChromium();
  withMouse = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  touching = await browser.newContext({ viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
  withFinger = await touching.newPage();
  await Promise.all([
    withMouse.goto(`${product.url}/cameras/${ENTRANCE}`),
    withFinger.goto(`${product.url}/cameras/${HALL}`),
  ]);
});

afterAll(async () => {
  await browser.close();
  await product.stop();
  product.remove();
});

async function cameraOf(id: string): Promise<CameraView> {
  const response = await fetch(`${product.url}/api/v1/cameras/${id}`);
  return ((await response.json()) as { camera: CameraView }).camera;
}

async function lineNamed(camera: string, name: string): Promise<Line> {
  const line = (await cameraOf(camera)).lines.find((each) => each.name === name);
  if (line === undefined) throw new Error(`${camera} has no line ${name}`);
  return line;
}

/** Where a point of the picture lies on the screen. */
async function onScreen(page: Page, [x, y]: Point): Promise<{ x: number; y: number }> {
  const box = await page.getByTestId('drawing-surface').boundingBox();
  if (box === null) throw new Error('nobody is drawing');
  return { x: box.x + x * box.width, y: box.y + y * box.height };
}

async function hint(page: Page): Promise<string> {
  return page.getByTestId('drawing-hint').innerText();
}

async function edit(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Edit lines and zones' }).click();
}

/** Stores the drawing, and waits until the editor has closed over it. */
async function save(page: Page): Promise<number> {
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByTestId('drawing-surface').waitFor({ state: 'detached' });
  return Date.now();
}

function opposite(direction: Direction): Direction {
  return direction === 'in' ? 'out' : 'in';
}

/** Waits for true crossings since the line was stored, then holds what the line counted against them. */
async function countsAsTruth({ camera, storedAtMs }: Drawn, name: string, isFlipped: boolean): Promise<void> {
  const { id } = await lineNamed(camera, name);
  const fromMs = storedAtMs + SETTLING_MS;
  await eventually(
    `crossings of ${camera}`,
    async () => (await product.simulator.crossings(camera, fromMs + BESIDE_MS)).length,
    (crossings) => crossings >= CROSSINGS,
    45_000,
  );
  await sleep(STORED_AFTER_MS);
  const untilMs = Date.now() - STORED_AFTER_MS;
  const stored = (await storedCrossings(product, camera)).filter(({ line, atMs }) => line === id && atMs > fromMs);
  // The truth is asked for last: somebody may cross between the two questions.
  const truth = (await product.simulator.crossings(camera, fromMs - BESIDE_MS)).map((crossing) => ({
    ...crossing,
    direction: isFlipped ? opposite(crossing.direction) : crossing.direction,
  }));
  const { invented, missed } = compareCrossings(stored, truth);
  process.stderr.write(`${camera}, ${isFlipped ? 'flipped' : 'as drawn'}: ${String(stored.length)} counted\n`);
  expect(invented).toEqual([]);
  expect(missed.filter(({ atMs }) => atMs > fromMs + BESIDE_MS && atMs < untilMs)).toEqual([]);
  expect(stored.length).toBeGreaterThanOrEqual(CROSSINGS);
}

test('a line is drawn with the mouse in one pull while the video goes on', async () => {
  const { p1, p2 } = await lineNamed(ENTRANCE, 'Door');
  const frames = await eventually(
    `frames of ${ENTRANCE}`,
    () => framesOnPage(withMouse, ENTRANCE),
    (n) => n > 0,
    60_000,
  );
  await edit(withMouse);
  await withMouse.getByRole('button', { name: 'Draw a line' }).click();
  expect(await hint(withMouse)).toBe('Tap where the line begins.');
  const [from, to] = [await onScreen(withMouse, p1), await onScreen(withMouse, p2)];
  await withMouse.mouse.move(from.x, from.y);
  await withMouse.mouse.down();
  await withMouse.mouse.move(to.x, to.y, { steps: 8 });
  await withMouse.mouse.up();
  await withMouse.fill('[name=shape-name]', 'By mouse');
  await eventually(
    'more frames',
    () => framesOnPage(withMouse, ENTRANCE),
    (n) => n > frames,
    10_000,
  );
  const storedAtMs = await save(withMouse);
  const line = await lineNamed(ENTRANCE, 'By mouse');
  expect(Math.hypot(line.p1[0] - p1[0], line.p1[1] - p1[1])).toBeLessThan(0.005);
  expect(Math.hypot(line.p2[0] - p2[0], line.p2[1] - p2[1])).toBeLessThan(0.005);
  drawn = [{ camera: ENTRANCE, page: withMouse, storedAtMs }];
});

test('a line is drawn with two taps of a finger on a small screen', async () => {
  const { p1, p2 } = await lineNamed(HALL, 'Passage');
  await eventually(
    `frames of ${HALL}`,
    () => framesOnPage(withFinger, HALL),
    (n) => n > 0,
    30_000,
  );
  await edit(withFinger);
  await withFinger.getByRole('button', { name: 'Draw a line' }).tap();
  for (const end of [p1, p2]) {
    const { x, y } = await onScreen(withFinger, end);
    await withFinger.touchscreen.tap(x, y);
  }
  await withFinger.fill('[name=shape-name]', 'By finger');
  const storedAtMs = await save(withFinger);
  const line = await lineNamed(HALL, 'By finger');
  expect(Math.hypot(line.p1[0] - p1[0], line.p1[1] - p1[1])).toBeLessThan(0.005);
  drawn.push({ camera: HALL, page: withFinger, storedAtMs });
});

test('both count the next walkers as the scenes’ truth says', async () => {
  const [mouse, finger] = drawn as [Drawn, Drawn];
  await Promise.all([countsAsTruth(mouse, 'By mouse', false), countsAsTruth(finger, 'By finger', false)]);
});

test('flipped, they swap in and out', async () => {
  for (const [one, name] of [
    [drawn[0], 'By mouse'],
    [drawn[1], 'By finger'],
  ] as const) {
    if (one === undefined) continue;
    const before = await lineNamed(one.camera, name);
    await edit(one.page);
    await one.page.getByRole('button', { name }).click();
    await one.page.getByRole('button', { name: 'Swap in and out' }).click();
    one.storedAtMs = await save(one.page);
    expect(await lineNamed(one.camera, name)).toEqual({ ...before, p1: before.p2, p2: before.p1 });
  }
  const [mouse, finger] = drawn as [Drawn, Drawn];
  await Promise.all([countsAsTruth(mouse, 'By mouse', true), countsAsTruth(finger, 'By finger', true)]);
});

test('a zone that crosses itself is told and not stored; a corner moved by keyboard mends it', async () => {
  await edit(withMouse);
  await withMouse.getByRole('button', { name: 'Draw a zone' }).click();
  const corners: Point[] = [
    [0.1, 0.6],
    [0.3, 0.9],
    [0.3, 0.6],
    [0.1, 0.9],
  ];
  for (const corner of corners) {
    const { x, y } = await onScreen(withMouse, corner);
    await withMouse.mouse.click(x, y);
  }
  await withMouse.getByRole('button', { name: 'Finish the zone' }).first().click();
  expect(await withMouse.getByTestId('drawing-faults').innerText()).toContain('crosses itself');
  await withMouse.getByRole('button', { name: 'Save', exact: true }).click();
  expect((await cameraOf(ENTRANCE)).zones).toEqual([]);
  // From top right to below the others.
  const corner = withMouse.getByRole('button', { name: /^Corner 3 of Zone 1/ });
  await corner.focus();
  for (let step = 0; step < 7; step++) await corner.press('Shift+ArrowDown');
  for (let step = 0; step < 2; step++) await corner.press('Shift+ArrowLeft');
  expect(await withMouse.getByTestId('drawing-faults').count()).toBe(0);
  await save(withMouse);
  expect((await cameraOf(ENTRANCE)).zones[0]?.polygon[2]).toEqual([expect.closeTo(0.2, 2), expect.closeTo(0.95, 2)]);
});

test('a change somebody else makes meanwhile is told, and the drawing is kept', async () => {
  await edit(withMouse);
  await withMouse.getByRole('button', { name: 'Swap in and out' }).click();
  const { zones } = await cameraOf(ENTRANCE);
  const response = await fetch(`${product.url}/api/v1/cameras/${ENTRANCE}/geometry`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ lines: [], zones }),
  });
  expect(response.status).toBe(200);
  await withMouse.getByTestId('drawing-overtaken').waitFor();
  await withMouse.getByRole('button', { name: 'Go on with mine' }).click();
  await save(withMouse);
  expect((await cameraOf(ENTRANCE)).lines.map(({ name }) => name)).toEqual(['Door', 'By mouse']);
});

test('a page that is left ends its video session at once', async () => {
  const bus = await product.bus();
  const closed: string[] = [];
  const listening = bus.subscribeLive(subjects.whepClose(HALL), whepCloseSchema, ({ viewerId }) =>
    closed.push(viewerId),
  );
  // The subscription is with the broker once something else was answered.
  await bus.bucket(buckets.counts, countsMessageSchema);
  await withFinger.goto('about:blank');
  await eventually(
    'the session’s end',
    () => Promise.resolve(closed.length),
    (ends) => ends === 1,
    3_000,
  );
  listening.close();
  await bus.close();
});
