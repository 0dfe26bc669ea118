import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { openBus } from '#ops/runtime/bus.ts';
import type { Env } from '#ops/runtime/env.ts';
import { openLog } from '#ops/runtime/log.ts';

const CONNECT_LIMIT_MS = 5_000;

/**
 * Runs with the bus of the product in this data folder: the one the environment names, else the embedded one. Throws
 * bus.unavailable when it does not answer within five seconds.
 */
export async function withProductBus<T>(env: Env, work: (bus: Bus) => Promise<T>): Promise<T> {
  const settings =
    env.natsUrl === null ? embedded(env) : { url: env.natsUrl, user: env.natsUser, passwordFile: env.natsPasswordFile };
  const log = openLog('footfall', 'error');
  const opening = openBus({ ...settings, name: 'footfall-command', log });
  const bus = await Promise.race([opening, expired(settings.url)]);
  try {
    return await work(bus);
  } finally {
    await bus.close();
  }
}

/** As the launcher starts it (`ops/start/plan.ts`). */
function embedded({ dataDir }: Env): { url: string; user: string; passwordFile: string } {
  const ports = join(dataDir, 'ports.json');
  if (!existsSync(ports)) {
    throw new AppError('bus.unavailable', `the product never ran in ${dataDir}: start it with \`npm start\``);
  }
  const { nats } = JSON.parse(readFileSync(ports, 'utf8')) as { nats: number };
  return {
    url: `nats://127.0.0.1:${String(nats)}`,
    user: 'footfall',
    passwordFile: join(dataDir, 'secrets', 'nats.password'),
  };
}

function expired(server: string): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(() => {
      reject(new AppError('bus.unavailable', `NATS at ${server} does not answer: is the product running?`));
    }, CONNECT_LIMIT_MS).unref();
  });
}
