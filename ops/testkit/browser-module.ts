import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import type { Page } from 'playwright-core';
import { build, type Plugin } from 'vite';
import { projectRoot } from '#ops/runtime/paths.ts';

const TOGETHER = 'together.virtual.js';
/** A secure context, as every page of the product is or ought to be. */
const ORIGIN = 'http://localhost:9';

/**
 * Shows `html` in the page, in which modules of the web app (their files, from the project's root) are at `/module.js`, as
 * the browser would get it. Nothing is served: these two requests are answered in this process, others are the test's.
 */
export async function openModulePage(page: Page, modules: readonly string[], html: string): Promise<void> {
  const result = await build({
    configFile: false,
    root: projectRoot,
    logLevel: 'silent',
    plugins: [svelte({ configFile: false }), togetherPlugin(modules)],
    build: {
      write: false,
      target: 'es2022',
      minify: false,
      lib: { entry: TOGETHER, formats: ['es'], fileName: 'module' },
    },
  });
  const [bundle] = Array.isArray(result) ? result : [result];
  const code = bundle !== undefined && 'output' in bundle ? bundle.output[0].code : '';
  await page.route(`${ORIGIN}/module.js`, (route) => route.fulfill({ contentType: 'text/javascript', body: code }));
  await page.route(`${ORIGIN}/`, (route) => route.fulfill({ contentType: 'text/html', body: html }));
  await page.goto(`${ORIGIN}/`);
}

/** One entry that exports what each of them does. */
function togetherPlugin(modules: readonly string[]): Plugin {
  return {
    name: 'together',
    enforce: 'pre',
    resolveId: (id) => (id.endsWith(TOGETHER) ? TOGETHER : null),
    load: (id) =>
      id === TOGETHER
        ? modules.map((file) => `export * from ${JSON.stringify(join(projectRoot, file))};`).join('\n')
        : null,
  };
}
