import { sveltekit } from '@sveltejs/kit/vite';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';
import options from '../svelte.config.js';
import { sharedServerModules } from './vite.shared.ts';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  plugins: [sharedServerModules(), sveltekit(options)],
  server: { watch: { ignored: ['**/build/**', '**/e2e/**'] } },
  build: { target: 'es2022' },
});
