import adapter from '@sveltejs/adapter-node';

/** Options of the web app, whose source is in web/. Imported by web/vite.config.ts: Kit refuses this file in the Vite root. */
export default {
  kit: {
    adapter: adapter({ out: 'build' }),
  },
};
