import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { DrawingPage } from '#ops/testkit/drawing-page.ts';

let browser: Browser;

beforeAll(async () => {
  browser = await launchChromium();
});

afterAll(async () => {
  await browser.close();
});

test('two hundred frames with twenty people are drawn without a single layout', async () => {
  const drawing = await DrawingPage.open(await browser.newPage());
  const { layouts, styles, inkFrac } = await drawing.draw(20, 200);
  expect(inkFrac).toBeGreaterThan(0.01);
  expect({ layouts, styles }).toEqual({ layouts: 0, styles: 0 });
});
