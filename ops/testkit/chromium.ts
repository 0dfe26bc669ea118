import { chromium, type Browser, type Page } from 'playwright-core';
import { readEnv } from '#ops/runtime/env.ts';
import { findProgram } from '#ops/runtime/paths.ts';

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--autoplay-policy=no-user-gesture-required',
];

/** A real Chromium with H.264, without a window, in a profile of its own that goes with it. The caller closes it. */
export async function launchChromium(): Promise<Browser> {
  const env = readEnv();
  const executablePath = env.chromiumBin ?? findProgram('chromium', env.path);
  if (executablePath === null) throw new Error('no chromium on PATH: run `npm run setup`, or set CHROMIUM_BIN');
  return chromium.launch({ executablePath, headless: true, args: FLAGS });
}

/** A page whose uncaught errors and console errors are collected in `faults`. */
export async function openPage(browser: Browser, url: string): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage();
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') faults.push(message.text());
  });
  await page.goto(url);
  return { page, faults };
}
