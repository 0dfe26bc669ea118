import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { readSecretFile } from '#ops/runtime/env.ts';
import { findProgram } from '#ops/runtime/paths.ts';
import { isExecutable, startChild, untilReady, type Child } from './child.ts';
import { answers } from './tcp.ts';

const START_LIMIT_MS = 15_000;

export interface NatsOptions {
  readonly binary: string;
  /** Holds the configuration, the store and nothing else; made if missing. */
  readonly dataDir: string;
  readonly logFile: string;
  readonly port: number;
  readonly user: string;
  readonly passwordFile: string;
  /** Of nats-server's own figures, on 127.0.0.1; absent: none. */
  readonly monitorPort?: number;
  /** Absent: the server is alone. */
  readonly cluster?: NatsClusterPart;
}

/** One server's part in a cluster on this machine. */
export interface NatsClusterPart {
  /** This server's; different from the others'. */
  readonly serverName: string;
  /** Where the others reach it. */
  readonly port: number;
  /** The others' cluster ports. */
  readonly routes: readonly number[];
}

/** `NATS_SERVER_BIN`, else the first nats-server in PATH. Throws `setup.missing` with the command that brings one. */
export function findNatsServer(bin: string | null, path: string): string {
  if (bin !== null) {
    if (isExecutable(bin)) return bin;
    throw new AppError('setup.missing', `NATS_SERVER_BIN is ${bin}, which is no program that can be run`);
  }
  const found = findProgram('nats-server', path);
  if (found !== null) return found;
  throw new AppError(
    'setup.missing',
    'nats-server is missing: run `sudo apt-get install nats-server`, or set NATS_SERVER_BIN to your own',
  );
}

/**
 * Runs nats-server with JetStream, listening on 127.0.0.1 only, one user with a password (in a 0600 file, never in the
 * arguments). Resolves when it sends its greeting. Ends with this process, also when that is killed hard.
 */
export async function startNats(options: NatsOptions): Promise<Child> {
  mkdirSync(options.dataDir, { recursive: true, mode: 0o700 });
  const config = join(options.dataDir, 'nats-server.conf');
  writeFileSync(config, natsConfig(options, readSecretFile(options.passwordFile)), { mode: 0o600 });
  const child = startChild({
    name: 'nats-server',
    binary: options.binary,
    args: ['-c', config],
    logFile: options.logFile,
    stopSignal: 'SIGTERM',
    lastSignal: 'SIGKILL',
    deathSignal: 'TERM',
  });
  await untilReady(child, options.logFile, START_LIMIT_MS, () =>
    answers(options.port, null, (first) => first.toString().startsWith('INFO')),
  );
  return child;
}

/** JSON strings are valid in nats-server's configuration, so nothing in a path or password can break out. */
function natsConfig(options: NatsOptions, password: string): string {
  const { cluster } = options;
  return [
    `listen: ${JSON.stringify(`127.0.0.1:${String(options.port)}`)}`,
    `server_name: ${JSON.stringify(cluster?.serverName ?? 'footfall')}`,
    ...(options.monitorPort === undefined ? [] : [`http: "127.0.0.1:${String(options.monitorPort)}"`]),
    `authorization { user: ${JSON.stringify(options.user)}, password: ${JSON.stringify(password)} }`,
    `jetstream { store_dir: ${JSON.stringify(join(options.dataDir, 'store'))}, max_memory_store: 64MB }`,
    ...(cluster === undefined ? [] : clusterConfig(cluster)),
    '',
  ].join('\n');
}

/** Clients use the addresses they were given, and no others that the servers know of each other. */
function clusterConfig({ port, routes }: NatsClusterPart): string[] {
  const urls = routes.map((route) => JSON.stringify(`nats-route://127.0.0.1:${String(route)}`));
  return [
    'cluster {',
    `  name: footfall, listen: ${JSON.stringify(`127.0.0.1:${String(port)}`)}, no_advertise: true`,
    `  routes: [${urls.join(', ')}]`,
    '}',
  ];
}
