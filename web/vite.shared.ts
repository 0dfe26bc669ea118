import { builtinModules } from 'node:module';
import type { Plugin } from 'vite';

/** What the server runs as TypeScript itself, beside Kit's bundle. */
const shared = /^#(?:protocol|ops|db|web\/lib\/server)\//;

/**
 * Leaves the back end's modules out of Kit's server bundle. Node then loads each of them once, for web/main.ts and for the
 * routes alike: one `backend`, one AppError class (`instanceof` holds), no second copy of the database's entities.
 *
 * The build keeps the package's own import names. In development Vite's module runner would transform even a file address
 * that was resolved as external, except for what it takes to be built into Node: so it is told that file addresses are.
 */
export function sharedServerModules(): Plugin {
  return {
    name: 'footfall-shared-server-modules',
    enforce: 'pre',
    configEnvironment(name, _config, { command }) {
      if (name !== 'ssr' || command !== 'serve') return null;
      return { resolve: { builtins: [...builtinModules, /^node:/, /^file:\/\//] } };
    },
    applyToEnvironment: (environment) => environment.config.consumer === 'server',
    resolveId(id) {
      if (!shared.test(id)) return null;
      return { id: this.environment.mode === 'dev' ? import.meta.resolve(id) : id, external: true };
    },
  };
}
