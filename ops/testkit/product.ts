import { spawn, type ChildProcess } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBus } from '#ops/runtime/bus.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { childEnv, readEnv } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin, projectRoot } from '#ops/runtime/paths.ts';
import { silentLog } from './log.ts';
import { renderScenes } from './render-scenes.ts';
import { SimulatorControl } from './simulator-control.ts';

export interface ProductOptions {
  /** A folder of an earlier run, to start again in; else a fresh one. */
  readonly dataDir?: string;
  /** Where scenes are kept; else in the data folder, so that fresh seeds do not pile up in the user's cache. */
  readonly cacheDir?: string;
  readonly simulatedCameras: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Seeds of scenes no detector was trained on (those stay below a million), fresh for each run. */
export function freshSeeds(): string {
  const seed = (): string => String(randomInt(1_000_000, 2_000_000_000));
  return `entrance:${seed()},hall:${seed()}`;
}

/** The whole product, started as a user starts it, in a folder and on ports of its own. */
export class Product {
  readonly dataDir: string;
  readonly url: string;
  readonly startedInMs: number;
  readonly simulator: SimulatorControl;
  readonly #launcher: ChildProcess;
  readonly #output: string[];

  private constructor(launcher: ChildProcess, dataDir: string, url: string, startedInMs: number, output: string[]) {
    this.#launcher = launcher;
    this.dataDir = dataDir;
    this.url = url;
    this.startedInMs = startedInMs;
    this.#output = output;
    this.simulator = new SimulatorControl(this.#ports().control);
  }

  static async start({
    dataDir = mkdtempSync(join(tmpdir(), 'footfall-product-')),
    cacheDir = join(dataDir, 'cache'),
    simulatedCameras,
    env = {},
  }: ProductOptions): Promise<Product> {
    if (simulatedCameras !== 'none') await renderScenes(simulatedCameras, join(cacheDir, 'scenes'));
    const startedAt = performance.now();
    const launcher = spawn('sh', ['ops/setup/footfall.sh', 'start'], {
      cwd: projectRoot,
      env: childEnv({
        FOOTFALL_DATA: dataDir,
        FOOTFALL_CACHE: cacheDir,
        ...relayFound(),
        FOOTFALL_SIMULATED_CAMERAS: simulatedCameras,
        FOOTFALL_HTTP_PORT: '',
        ...env,
      }),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    launcher.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
    const url = await new Promise<string>((resolve, reject) => {
      launcher.stdout.on('data', (chunk: Buffer) => {
        const found = /Footfall is running: (\S+)/.exec(chunk.toString());
        if (found?.[1] !== undefined) resolve(found[1]);
      });
      launcher.on('close', (code) => {
        reject(new Error(`the product ended with status ${String(code)}:\n${output.join('')}`));
      });
    });
    return new Product(launcher, dataDir, url, performance.now() - startedAt, output);
  }

  /** What the launcher told its operator so far. */
  get output(): string {
    return this.#output.join('');
  }

  get launcherPid(): number {
    return this.#launcher.pid ?? 0;
  }

  pidOf(name: string): number {
    const pid = this.processes()[name];
    if (pid === undefined) throw new Error(`no process plays the part of ${name}`);
    return pid;
  }

  processes(): Record<string, number> {
    return JSON.parse(readFileSync(join(this.dataDir, 'processes.json'), 'utf8')) as Record<string, number>;
  }

  logOf(name: string): string {
    return readFileSync(join(this.dataDir, 'logs', `${name}.log`), 'utf8');
  }

  /** What another process of this installation needs in its environment, without its data folder. */
  settings(): Readonly<Record<string, string>> {
    return {
      NATS_URL: `nats://127.0.0.1:${String(this.#ports().nats)}`,
      NATS_USER: 'footfall',
      NATS_PASSWORD_FILE: join(this.dataDir, 'secrets/nats.password'),
      FOOTFALL_SEAL_KEY_FILE: join(this.dataDir, 'secrets/seal.key'),
      ...relayFound(),
    };
  }

  bus(): Promise<Bus> {
    return openBus({
      url: `nats://127.0.0.1:${String(this.#ports().nats)}`,
      user: 'footfall',
      passwordFile: join(this.dataDir, 'secrets/nats.password'),
      name: 'test',
      log: silentLog,
    });
  }

  /** With its password: for the driver only. */
  databaseUrl(): string {
    const password = readFileSync(join(this.dataDir, 'secrets/postgres.password'), 'utf8').trim();
    return `postgresql://footfall:${password}@127.0.0.1:${String(this.#ports().postgres)}/postgres`;
  }

  /** Ctrl-C, and how long it took to end. */
  async stop(signal: NodeJS.Signals = 'SIGINT'): Promise<{ code: number | null; tookMs: number }> {
    const startedAt = performance.now();
    const { exitCode, signalCode } = this.#launcher;
    if (exitCode !== null || signalCode !== null) return { code: exitCode, tookMs: 0 };
    const ended = new Promise<number | null>((resolve) => this.#launcher.once('close', resolve));
    this.#launcher.kill(signal);
    return { code: await ended, tookMs: performance.now() - startedAt };
  }

  remove(): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }

  #ports(): { nats: number; postgres: number; control: number } {
    return JSON.parse(readFileSync(join(this.dataDir, 'ports.json'), 'utf8')) as {
      nats: number;
      postgres: number;
      control: number;
    };
  }
}

/** The machine's mediasoup worker, whatever cache the product under test has. */
function relayFound(): Readonly<Record<string, string>> {
  const bin = mediasoupWorkerBin(readEnv());
  return bin === null ? {} : { MEDIASOUP_WORKER_BIN: bin };
}
