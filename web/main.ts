import { readEnv } from '#ops/runtime/env.ts';
import { errorFields, openLog } from '#ops/runtime/log.ts';
import { Shutdown } from '#ops/runtime/shutdown.ts';
import { openBackend } from './lib/server/open-backend.ts';
import { serveWeb } from './lib/server/serve.ts';

/** The web process: pages, API, WHEP's HTTP side and /realtime. Prints one line of JSON on stdout once it listens. */
const env = readEnv();
const log = openLog('web', env.logLevel);
const shutdown = new Shutdown(log);
shutdown.listen();

try {
  const backend = await openBackend(env, log, shutdown);
  const server = await serveWeb(backend, env.httpPort);
  shutdown.add('http server', () => server.close());
  log.info({ host: env.host, port: server.port }, 'the web server listens');
  process.stdout.write(`${JSON.stringify({ ready: true, port: server.port })}\n`);
} catch (error) {
  log.error({ error: errorFields(error) }, 'the web server could not start');
  await shutdown.run();
  process.exit(1);
}
