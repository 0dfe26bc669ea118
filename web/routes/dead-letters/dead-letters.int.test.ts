import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { encode } from '#protocol/codec.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { leaseStarted, lineCrossed, newLease, publish } from '#ops/testkit/facts.ts';
import { Product } from '#ops/testkit/product.ts';

const SUBJECT = 'footfall.fact.camera.hall.line-crossed.v1';
const LIMIT = { timeout: 30_000 };
let product: Product;
let bus: Bus;
let browser: Browser;
let page: Page;
let faults: string[];

beforeAll(async () => {
  product = await Product.start({ simulatedCameras: 'none' });
  bus = await product.bus();
  browser = await launchChromium();
  ({ page, faults } = await openPage(browser, `${product.url}/dead-letters`));
});
afterAll(async () => {
  await browser.close();
  await bus.close();
  await product.stop();
  product.remove();
});

const letters = () => page.locator('[data-testid^="letter-"]');

/** Pictures of both themes on a phone, for who wants to look; nothing is wider than it. */
async function fitsAPhone(name: string): Promise<void> {
  await page.setViewportSize({ width: 360, height: 740 });
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(360);
    await page.screenshot({ path: join(product.dataDir, `${name}-${colorScheme}.png`), fullPage: true });
  }
  await page.setViewportSize({ width: 1280, height: 800 });
}

test('says that nothing was refused, and that nothing waits', async () => {
  await expect.poll(() => page.getByTestId('no-letters').innerText(), LIMIT).toContain('Nothing to decide');
  await expect.poll(() => page.getByTestId('backlog').innerText(), LIMIT).toMatch(/Waiting to be stored\s+0/);
  expect(await page.getByTestId('dead-letters-link').innerText()).toBe('Dead letters');
  await fitsAPhone('empty');
});

test('shows what was refused, with its reason, subject and body, and counts it at the foot of every page', async () => {
  const lease = newLease('hall');
  await publish(bus, leaseStarted(lease, Date.now() - 60_000));
  await bus.publishFact(SUBJECT, 'one', Buffer.from('{"a":'));
  await bus.publishFact(SUBJECT, 'two', encode({ ...lineCrossed(lease, 2, Date.now()), type: 'DogCrossed' }));
  await bus.publishFact(SUBJECT.replace('hall', 'ha*l'), 'three', new Uint8Array([1, 2, 255]));
  await bus.publishFact(SUBJECT, 'four', Buffer.alloc(100_000, 'x'));
  await expect.poll(() => letters().count(), LIMIT).toBe(4);
  const dog = letters().filter({ hasText: 'unknown-type' });
  expect(await dog.innerText()).toContain('No fact has the type DogCrossed.');
  expect(await dog.innerText()).toContain(SUBJECT);
  await dog.locator('summary').click();
  await expect.poll(() => dog.locator('pre').innerText(), LIMIT).toContain('"type": "DogCrossed"');
  const large = letters().filter({ hasText: 'too-large' });
  expect(await large.getByRole('button', { name: 'Replay…' }).isDisabled()).toBe(true);
  await fitsAPhone('four');
  await page.goto(product.url);
  await expect.poll(() => page.getByTestId('dead-letters-link').innerText(), LIMIT).toMatch(/Dead letters\s+4/);
  await page.getByTestId('dead-letters-link').click();
  await page.getByRole('link', { name: /bad-subject/ }).click();
  await expect.poll(() => letters().count(), LIMIT).toBe(1);
  expect(await letters().innerText()).toContain('ha*l');
  await page.getByRole('link', { name: /All reasons/ }).click();
  await expect.poll(() => letters().count(), LIMIT).toBe(4);
});

test('replays only when asked twice, and tells of the new letter where it was refused again', async () => {
  const broken = letters().filter({ hasText: 'not-json' });
  await broken.getByRole('button', { name: 'Replay…' }).click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  expect(await letters().count()).toBe(4);
  await broken.getByRole('button', { name: 'Replay…' }).click();
  await page.getByRole('button', { name: 'Replay it' }).click();
  await expect
    .poll(() => page.getByTestId('told').innerText(), LIMIT)
    .toMatch(/^Refused again, as a letter of its own/);
  await page.getByRole('link', { name: 'Show decided ones' }).click();
  await expect.poll(() => letters().count(), LIMIT).toBe(5);
  const replayed = page.locator('[data-fate="replayed"]');
  await expect.poll(() => replayed.innerText(), LIMIT).toMatch(/Replayed by a page at 127\.0\.0\.1, .*: refused again/);
  await page.getByRole('link', { name: 'Hide decided ones' }).click();
  await expect.poll(() => letters().count(), LIMIT).toBe(4);
});

test('discards one or all, and they stay on record', async () => {
  const dog = letters().filter({ hasText: 'unknown-type' });
  await dog.getByRole('button', { name: 'Discard…' }).click();
  await page.getByRole('button', { name: 'Discard it' }).click();
  await expect.poll(() => letters().count(), LIMIT).toBe(3);
  await page.getByRole('button', { name: 'Discard all 3…' }).click();
  await page.getByRole('button', { name: 'Discard them' }).click();
  await expect.poll(() => page.getByTestId('no-letters').count(), LIMIT).toBe(1);
  await page.getByRole('link', { name: 'Show decided ones' }).click();
  await expect.poll(() => page.locator('[data-fate="discarded"]').count(), LIMIT).toBe(4);
  expect(await letters().filter({ hasText: 'bad-subject' }).innerText()).toContain('Discarded by a page at 127.0.0.1');
});

test('says since when nothing is stored while PostgreSQL is away, and that it goes on', async () => {
  const postgres = product.pidOf('PostgreSQL');
  process.kill(product.launcherPid, 'SIGSTOP'); // It would start PostgreSQL again at once.
  try {
    process.kill(postgres, 'SIGINT');
    const lease = newLease('hall', 2);
    await publish(bus, leaseStarted(lease, Date.now()));
    await expect
      .poll(() => page.getByTestId('backlog').innerText(), LIMIT)
      .toMatch(
        /Waiting to be stored\s+1[^]*Storing has paused for less than a minute\. The database cannot be used now/,
      );
    expect(await page.getByText('The database does not answer.').count()).toBe(1);
    await fitsAPhone('away');
  } finally {
    process.kill(product.launcherPid, 'SIGCONT');
  }
  await vi.waitFor(async () => {
    expect(await page.getByTestId('backlog').innerText()).toMatch(/Waiting to be stored\s+0/);
    expect(await page.getByTestId('backlog').innerText()).not.toContain('paused');
  }, LIMIT);
  const other = (fault: string): boolean => !/Failed to load resource/.test(fault);
  expect(faults.filter(other)).toEqual([]);
});
