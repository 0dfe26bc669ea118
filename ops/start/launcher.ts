import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { childEnv, parseEnv, readEnv } from '#ops/runtime/env.ts';
import { lockFolder } from '#ops/runtime/folder-lock.ts';
import { errorFields, openLog } from '#ops/runtime/log.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { startSteps } from '#ops/setup/steps.ts';
import { choosePorts } from './chosen-ports.ts';
import { offerSimulatedCameras } from './demo-cameras.ts';
import { watchDisk } from './disk-watch.ts';
import { Keeper, type KeeperEvent } from './keeper.ts';
import { ensureSecrets } from './secrets.ts';
import { plan } from './plan.ts';

/** Ctrl-C ends everything within ten seconds; the rest is for the launcher's own end. */
const STOP_LIMIT_MS = 8_500;
const SLOW_STEP_MS = 2_000;

/**
 * Runs the product in one folder: embedded services, simulated cameras, projector, worker, web, in that order, each kept
 * running. Resolves with the exit status once a signal ended it.
 */
export async function launch(options: { dev: boolean }): Promise<number> {
  const env = readEnv();
  await runSteps(startSteps(env));
  mkdirSync(join(env.dataDir, 'logs'), { recursive: true, mode: 0o700 });
  const lock = lockFolder(env.dataDir, 'launcher');
  const stopped = untilSignal();
  const keeper: Keeper = new Keeper((event) => {
    tellOperator(event);
    noteProcesses(env.dataDir, keeper);
  });
  try {
    const ports = await choosePorts(env.dataDir, env.httpPort);
    const { infrastructure, application, settings } = plan({
      env,
      ports,
      secrets: ensureSecrets(env.dataDir),
      dev: options.dev,
    });
    const starting = (async () => {
      for (const service of infrastructure) await withProgress(service.name, keeper.keep(service));
      if (env.simulatedCameras !== 'none') {
        const shared = parseEnv(childEnv(settings()));
        await offerSimulatedCameras(shared, env.simulatedCameras, ports.rtsp, openLog('launcher', 'warn'));
      }
      await Promise.all(application.map((service) => withProgress(service.name, keeper.keep(service))));
      return true;
    })();
    if (!(await Promise.race([starting, stopped]))) return 0;
    const stopWatching = watchDisk(env.dataDir, () => keeper.restart('nats-server'));
    const url = `http://${env.host}:${String(ports.http)}`;
    lock.describe({ url });
    noteProcesses(env.dataDir, keeper);
    say(`logs are in ${join(env.dataDir, 'logs')}; Ctrl-C stops`);
    process.stdout.write(`\nFootfall is running: ${url}\n\n`);
    await stopped;
    stopWatching();
    return 0;
  } finally {
    say('stopping');
    await keeper.stop(STOP_LIMIT_MS);
    lock.release();
  }
}

/** `processes.json`: which process plays which part, for whoever looks into a running product. */
function noteProcesses(dataDir: string, keeper: Keeper): void {
  const file = join(dataDir, 'processes.json');
  try {
    // Renamed into place, so that nobody reads half of it.
    writeFileSync(`${file}.new`, JSON.stringify(keeper.pids()));
    renameSync(`${file}.new`, file);
  } catch {
    // A full disk; the file is a convenience.
  }
}

/** Resolves with false at SIGINT or SIGTERM; a second signal ends the launcher (and by the kernel its children) at once. */
function untilSignal(): Promise<false> {
  return new Promise((resolve) => {
    let asked = false;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.on(signal, () => {
        if (asked) process.exit(1);
        asked = true;
        resolve(false);
      });
    }
  });
}

/** Says what is being waited for when it takes longer than two seconds. */
async function withProgress<T>(name: string, work: Promise<T>): Promise<T> {
  const startedAt = performance.now();
  const timer = setTimeout(() => {
    say(`starting ${name} ...`);
  }, SLOW_STEP_MS);
  try {
    return await work;
  } finally {
    clearTimeout(timer);
    const tookMs = performance.now() - startedAt;
    if (tookMs > SLOW_STEP_MS) say(`${name} runs after ${(tookMs / 1000).toFixed(1)} s`);
  }
}

function tellOperator(event: KeeperEvent): void {
  switch (event.kind) {
    case 'ended':
      say(`${event.name} ${event.how}; starting it again`);
      break;
    case 'restarted':
      say(`${event.name} is back after ${(event.afterMs / 1000).toFixed(1)} s`);
      break;
    case 'start-failed':
      say(`${event.name} did not start: ${String(errorFields(event.error)['message'])}`);
      break;
  }
}
