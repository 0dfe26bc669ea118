import { fileURLToPath } from 'node:url';
import adapter from '@sveltejs/adapter-node';

/**
 * Options of the web app, whose source is in web/. Kit refuses this file in the Vite root, so web/vite.config.ts imports it.
 * The build goes to web/build; web/main.ts serves it.
 * @type {import('@sveltejs/kit/vite').Config}
 */
export default {
  adapter: adapter({ out: fileURLToPath(new URL('web/build', import.meta.url)) }),
  files: { src: '.' },
  compilerOptions: { runes: true },
  // One file rather than twenty-four: over HTTP/1.1 those hold every connection while a camera's poster waits.
  output: { bundleStrategy: 'single' },
  // hooks.server.ts checks every change itself: Kit's own check takes this server's plain http for https and refuses its pages.
  csrf: { trustedOrigins: ['*'] },
  csp: {
    mode: 'nonce',
    directives: {
      'default-src': ['self'],
      'script-src': ['self'],
      'style-src': ['self'],
      // Kit's own route announcer carries a style attribute.
      'style-src-attr': ['unsafe-inline'],
      'img-src': ['self', 'data:', 'blob:'],
      'media-src': ['self', 'blob:'],
      'connect-src': ['self'],
      'object-src': ['none'],
      'base-uri': ['none'],
      'form-action': ['self'],
      'frame-ancestors': ['none'],
    },
  },
};
