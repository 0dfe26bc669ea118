import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { build } from 'vite';
import { projectRoot } from '#ops/runtime/paths.ts';

const ORIGIN = 'http://page.test';

/**
 * Shows `html` in the page, in which a module of the web app (its file, from the project's root) is at `/module.js`, as
 * the browser would get it. Nothing is served: the browser's requests are answered in this process.
 */
export async function openModulePage(page: Page, module: string, html: string): Promise<void> {
  const result = await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: join(projectRoot, module), formats: ['es'], fileName: 'module' },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const code = bundle !== undefined && 'output' in bundle ? bundle.output[0].code : '';
  await page.route(`${ORIGIN}/**`, (route) =>
    route.request().url().endsWith('/module.js')
      ? route.fulfill({ contentType: 'text/javascript', body: code })
      : route.fulfill({ contentType: 'text/html', body: html }),
  );
  await page.goto(`${ORIGIN}/`);
}
