import type { Page } from 'playwright-core';

/** Adds a camera as an administrator would; its id is the name in lower case with dashes. `subUrl` null: one stream. */
export async function addCamera(product: string, name: string, url: string, subUrl: string | null): Promise<string> {
  const response = await fetch(`${product}/api/v1/cameras`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin: product },
    body: JSON.stringify({ name, url, ...(subUrl === null ? {} : { subUrl }) }),
  });
  if (!response.ok) throw new Error(`the camera was refused: ${await response.text()}`);
  return ((await response.json()) as { camera: { id: string } }).camera.id;
}

export async function deleteCamera(product: string, camera: string): Promise<void> {
  const response = await fetch(`${product}/api/v1/cameras/${camera}`, {
    method: 'DELETE',
    headers: { origin: product },
  });
  if (!response.ok) throw new Error(`the camera was not deleted: ${await response.text()}`);
}

/** Asked from outside: the page's content security policy forbids what a wait inside it would need. */
export async function untilShown(page: Page, camera: string, limitMs = 60_000): Promise<void> {
  const deadline = performance.now() + limitMs;
  while (!(await page.evaluate<boolean>(`(window.__footfall?.frames('${camera}') ?? 0) > 0`))) {
    if (performance.now() > deadline) throw new Error(`the page showed no frame within ${String(limitMs / 1000)} s`);
    await page.waitForTimeout(200);
  }
}
