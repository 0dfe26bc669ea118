import { fileURLToPath } from 'node:url';
import { createServer } from 'vite';
import { readEnv } from '#ops/runtime/env.ts';
import { errorFields, openLog } from '#ops/runtime/log.ts';
import { Shutdown } from '#ops/runtime/shutdown.ts';
import { installBackend } from './lib/server/backend.ts';
import { openBackend } from './lib/server/open-backend.ts';
import { attachRealtime } from './lib/server/realtime.ts';

/** As web/main.ts, but pages come from Vite's development server and change as their sources do. */
const env = readEnv();
const log = openLog('web', env.logLevel);
const shutdown = new Shutdown(log);
shutdown.listen();

try {
  const backend = await openBackend(env, log, shutdown);
  installBackend(backend);
  const vite = await createServer({
    configFile: fileURLToPath(new URL('vite.config.ts', import.meta.url)),
    // Node loads the config itself, so that the routes' server modules are the very ones of this process.
    configLoader: 'native',
    server: { host: env.host, port: env.httpPort ?? 0, strictPort: env.httpPort !== null },
    clearScreen: false,
    logLevel: 'warn',
  });
  shutdown.add('development server', () => vite.close());
  if (vite.httpServer === null) throw new Error('Vite has no HTTP server of its own');
  const realtime = attachRealtime(vite.httpServer as Parameters<typeof attachRealtime>[0], backend);
  shutdown.add('realtime', () => {
    realtime.close();
  });
  await vite.listen();
  const address = vite.httpServer.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  process.stdout.write(`${JSON.stringify({ ready: true, port })}\n`);
} catch (error) {
  log.error({ error: errorFields(error) }, 'the development server could not start');
  await shutdown.run();
  process.exit(1);
}
