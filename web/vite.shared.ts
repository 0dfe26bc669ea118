import type { Plugin } from 'vite';

/** What the server runs as TypeScript itself, beside Kit's bundle. */
const shared = /^#(?:protocol|ops|db|web\/lib\/server)\//;

/**
 * Leaves the back end's modules out of Kit's server bundle. Node then loads each of them once, for web/main.ts and for the
 * routes alike: one `backend`, one AppError class (`instanceof` holds), no second copy of the database's entities.
 */
export function sharedServerModules(): Plugin {
  return {
    name: 'footfall-shared-server-modules',
    enforce: 'pre',
    applyToEnvironment: (environment) => environment.config.consumer === 'server',
    resolveId(id) {
      if (!shared.test(id)) return null;
      // In development Vite's module runner wants a file address; the build keeps the package's own import name.
      return { id: this.environment.mode === 'dev' ? import.meta.resolve(id) : id, external: true };
    },
  };
}
