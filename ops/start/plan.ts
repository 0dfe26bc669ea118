import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Env } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin } from '#ops/runtime/paths.ts';
import { say } from '#ops/setup/step.ts';
import type { Ports } from './chosen-ports.ts';
import { findNatsServer, startNats } from './nats.ts';
import { nodeService } from './node-service.ts';
import { findPostgres } from './postgres-install.ts';
import { initPostgres, isInitialised, startPostgres, type PostgresOptions } from './postgres.ts';
import type { SecretFiles } from './secrets.ts';
import type { Service } from './service.ts';

const USER = 'footfall';
const READY_LIMIT_MS = 60_000;

export interface PlanInput {
  readonly env: Env;
  readonly ports: Ports;
  readonly secrets: SecretFiles;
  readonly dev: boolean;
}

/** What runs, in the order of starting: `infrastructure` one by one, then `application` together. */
export interface Plan {
  readonly infrastructure: readonly Service[];
  readonly application: readonly Service[];
  /** Environment of every process of ours. Paths of secrets, never secrets. */
  settings(): Readonly<Record<string, string>>;
}

export function plan(input: PlanInput): Plan {
  const { env, ports, secrets, dev } = input;
  const logs = join(env.dataDir, 'logs');
  const relayBin = mediasoupWorkerBin(env);
  if (relayBin === null && env.relay !== 'werift') {
    say('video goes through werift (for a few viewers): `npm run setup -- mediasoup` gets the production relay');
  }
  const settings = (): Record<string, string> => ({
    FOOTFALL_DATA: env.dataDir,
    FOOTFALL_CACHE: env.cacheDir,
    FOOTFALL_HTTP_PORT: String(ports.http),
    FOOTFALL_SEAL_KEY_FILE: env.sealKeyFile ?? secrets.sealKey,
    ...(env.natsUrl === null
      ? {
          NATS_URL: `nats://127.0.0.1:${String(ports.nats)}`,
          NATS_USER: USER,
          NATS_PASSWORD_FILE: secrets.natsPassword,
        }
      : {}),
    ...(env.databaseUrl === null
      ? {
          DATABASE_URL: `postgresql://${USER}@127.0.0.1:${String(ports.postgres)}/postgres`,
          DATABASE_PASSWORD_FILE: secrets.postgresPassword,
        }
      : {}),
    ...(relayBin === null ? {} : { MEDIASOUP_WORKER_BIN: relayBin }),
  });
  const ours = (
    name: string,
    entry: string,
    args: readonly string[] = [],
    own: Readonly<Record<string, string>> = {},
  ): Service =>
    nodeService({
      name,
      entry,
      args: () => args,
      env: () => ({ ...settings(), ...own }),
      logFile: join(logs, `${name}.log`),
      readyLimitMs: READY_LIMIT_MS,
    });

  return {
    infrastructure: [
      ...(env.natsUrl === null ? [embeddedNats(input, logs)] : []),
      ...(env.databaseUrl === null ? [embeddedPostgres(input, logs)] : []),
      ours('projector', 'db/main.ts'),
      // Before the worker, whose first attempt then succeeds.
      ...(env.simulatedCameras === 'none' ? [] : [ours('simulator', 'media/simulator/main.ts', simulatorArgs(input))]),
    ],
    application: [
      ...workersOf(env).map(({ name, settings: own }) => ours(name, 'actors/main.ts', [], own)),
      ours('web', dev ? 'web/dev.ts' : 'web/main.ts'),
    ],
    settings,
  };
}

/** Each with its own name and ports; the first is called plainly `worker`. */
function workersOf(env: Env): { readonly name: string; readonly settings: Readonly<Record<string, string>> }[] {
  const first = env.workerId ?? 'worker-1';
  const portsEach = env.relayWorkers ?? availableParallelism();
  return Array.from({ length: env.workers }, (_, i) => ({
    name: i === 0 ? 'worker' : `worker-${String(i + 1)}`,
    settings: {
      FOOTFALL_WORKER_ID: i === 0 ? first : `${first}-${String(i + 1)}`,
      // All of them end together: there is nobody to hand cameras over to.
      FOOTFALL_DRAIN_S: '0',
      ...(env.rtcPort === null ? {} : { FOOTFALL_RTC_PORT: String(env.rtcPort + i * portsEach) }),
    },
  }));
}

function simulatorArgs({ env, ports }: PlanInput): string[] {
  return [
    ...['--rtsp-port', String(ports.rtsp), '--control-port', String(ports.control)],
    ...['--cache-dir', join(env.cacheDir, 'scenes'), '--cameras', env.simulatedCameras],
  ];
}

function embeddedNats({ env, ports, secrets }: PlanInput, logs: string): Service {
  return {
    name: 'nats-server',
    start: () =>
      startNats({
        binary: findNatsServer(env.natsServerBin, env.path),
        dataDir: join(env.dataDir, 'nats'),
        logFile: join(logs, 'nats-server.log'),
        port: ports.nats,
        user: USER,
        passwordFile: secrets.natsPassword,
      }),
  };
}

function embeddedPostgres({ env, ports, secrets }: PlanInput, logs: string): Service {
  const install = findPostgres();
  const options: PostgresOptions = {
    install,
    dataDir: join(env.dataDir, 'postgres'),
    logFile: join(logs, 'postgres.log'),
    port: ports.postgres,
    user: USER,
    passwordFile: secrets.postgresPassword,
    durable: true,
  };
  return {
    name: 'PostgreSQL',
    start: async () => {
      if (!isInitialised(options.dataDir)) await initPostgres(options);
      return startPostgres(options);
    },
  };
}
