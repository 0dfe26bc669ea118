import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { findProgram, mediasoupWorkerBin } from '#ops/runtime/paths.ts';
import { say } from '#ops/setup/step.ts';
import type { BenchResult } from '../bench-result.ts';
import type { JanusInstallation } from './janus.ts';
import type { Plan, Row } from './measure.ts';
import { NAMESPACE_ADDRESS, openNamespace, type Namespace } from './network.ts';
import { RELAY_NAMES, type RelayName } from './relay-under-test.ts';

/**
 * What a packet to a viewer costs, on our relays and on Janus's streaming plugin with the same RTP. One camera, all viewers
 * watch it. The receivers' CPU is counted apart.
 */
export async function run(args: readonly string[]): Promise<BenchResult> {
  const options = read(args);
  const env = readEnv();
  const janus = findJanus(env.path);
  const namespace = janus === null ? null : openNamespace(env.path);
  const absent = new Map<RelayName, string>();
  const whyNoJanus = janusMissing(janus, namespace);
  for (const name of ['janus', 'janus, event_loops=2'] as const) if (whyNoJanus !== null) absent.set(name, whyNoJanus);
  for (const name of ['mediasoup', 'mediasoup, cached GOP'] as const) {
    if (mediasoupWorkerBin(env) === null) absent.set(name, 'there is no worker: run `npm run setup -- mediasoup`');
  }
  const relays = options.relays.filter((relay) => !absent.has(relay));
  try {
    const address = namespace === null ? '127.0.0.1' : NAMESPACE_ADDRESS;
    const rows = await measure({ ...options, relays, address, janus }, namespace?.prefix ?? []);
    const ratios = ratiosOf(rows);
    return {
      rows,
      ratios,
      ratioToPeer: ratios.at(-1)?.toJanus ?? null,
      peer: whyNoJanus === null ? 'janus 1.1 streaming plugin, ICE-lite, a thread for each viewer' : null,
      why: Object.fromEntries([...absent].filter(([relay]) => options.relays.includes(relay))),
      ...measuredOn(),
      runs: options.runs,
    };
  } finally {
    namespace?.close();
  }
}

function read(args: readonly string[]): Pick<Plan, 'relays' | 'rates' | 'viewers' | 'seconds' | 'runs'> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      viewers: { type: 'string', default: '1,10,30,100' },
      rates: { type: 'string', default: '2,4' },
      relays: { type: 'string', default: 'mediasoup,werift,janus' },
      seconds: { type: 'string', default: '5' },
      runs: { type: 'string', default: '3' },
    },
  });
  const asked = values.relays.split(',');
  return {
    relays: RELAY_NAMES.filter((name) => asked.includes(name.split(',')[0] ?? '')),
    rates: numbers(values.rates, 'rates'),
    viewers: numbers(values.viewers, 'viewers').toSorted((a, b) => a - b),
    seconds: numbers(values.seconds, 'seconds')[0] ?? 0,
    runs: numbers(values.runs, 'runs')[0] ?? 0,
  };
}

function numbers(list: string, option: string): number[] {
  const all = list.split(',').map(Number);
  if (all.every((number) => number > 0)) return all;
  throw new AppError('input.invalid', `--${option} takes positive numbers with commas between`);
}

function findJanus(path: string): JanusInstallation | null {
  const program = findProgram('janus', path);
  const architectures = ['x86_64-linux-gnu/', 'aarch64-linux-gnu/', ''];
  const library = architectures
    .map((architecture) => join(dirname(program ?? ''), '..', 'lib', `${architecture}janus`))
    .find((folder) => existsSync(join(folder, 'plugins', 'libjanus_streaming.so')));
  return program === null || library === undefined ? null : { program, library };
}

function janusMissing(janus: JanusInstallation | null, namespace: Namespace | null): string | null {
  if (janus === null) return 'Janus is not installed: `apt-get install janus` on Debian';
  return namespace === null ? 'Janus needs a network namespace, which takes root and the program `ip`' : null;
}

/** mediasoup's cost of a packet in parts of Janus's, where both were measured. */
function ratiosOf(rows: readonly Row[]): readonly { mbps: number; viewers: number; toJanus: number | null }[] {
  const ofMediasoup = rows.filter(({ relay }) => relay === 'mediasoup');
  return ofMediasoup
    .map(({ mbps, viewers, cpuUsPerPacket }) => {
      const to = (peer: RelayName): number | null => {
        const found = rows.find((row) => row.relay === peer && row.mbps === mbps && row.viewers === viewers);
        if (cpuUsPerPacket === null || found?.cpuUsPerPacket === null || found === undefined) return null;
        return Math.round((cpuUsPerPacket / found.cpuUsPerPacket) * 100) / 100;
      };
      return { mbps, viewers, toJanus: to('janus'), toJanusWithEventLoops: to('janus, event_loops=2') };
    })
    .filter(({ toJanus, toJanusWithEventLoops }) => toJanus !== null || toJanusWithEventLoops !== null)
    .toSorted((a, b) => a.viewers - b.viewers || b.mbps - a.mbps);
}

function measure(plan: Plan, prefix: readonly string[]): Promise<Row[]> {
  const points = plan.relays.length * plan.rates.length * plan.viewers.length;
  say(`${String(points)} points, ${String(plan.runs)} runs of ${String(plan.seconds)} s each`);
  const file = join(import.meta.dirname, 'measure.process.ts');
  const [program = '', ...args] = [...prefix, process.execPath, file, JSON.stringify(plan)];
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const output: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => {
      if (status === 0) resolve(JSON.parse(Buffer.concat(output).toString()) as Row[]);
      else reject(new Error(`the measurement ended with status ${String(status)}`));
    });
  });
}
