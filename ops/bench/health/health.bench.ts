import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openFileSource } from '#media/simulator/file-source.node-av.ts';
import { openFirstGops } from '#media/simulator/loop.ts';
import { GOP_MS } from '#media/simulator/loop-plan.ts';
import type { SceneName } from '#media/simulator/loop.port.ts';
import { faultySource } from '#media/simulator/picture-faults/faulty-source.node-av.ts';
import { loopSource, type Source } from '#media/simulator/source.ts';
import { measuredOn } from '#ops/replay/measured-on.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import type { BenchResult } from '../bench-result.ts';
import { CameraLife } from './camera-life.ts';
import { HEALTH_CASES, nameOf, type HealthCase } from './cases.ts';
import { watchSource, type WatchedSource } from './watched-source.ts';

const SCENES: readonly (readonly [SceneName, number])[] = [
  ['entrance', 1_000_001],
  ['entrance', 1_000_003],
  ['hall', 1_000_002],
  ['hall', 1_000_004],
];
const SCENE_SECONDS = 36;
const CLIPS: Readonly<Record<string, number>> = { vtest_480x360: 79, 'one-by-one-person-detection': 139 };
/** Of a source with a fault, as its pictures are coded anew. */
const FAULTY_SECONDS = 36;
/** As it is, with the fault, and as it was. */
const PHASES_S = [90, 180, 60] as const;
const DAY_S = 24 * 3600;
const MOST_FALSE_ALARMS = 1;

interface Watched {
  readonly name: string;
  readonly isReal: boolean;
  readonly source: Source;
  readonly seconds: number;
  readonly usual: WatchedSource;
}

/**
 * Six faults of the picture in several strengths on synthetic scenes and, where there are any, on real clips: is each told, as
 * what it is, how soon, and over when it is? And what is told in a day of each that has no fault, on a simulated clock.
 */
export async function run(): Promise<BenchResult> {
  const watched = [...(await scenes()), ...(await clips())];
  const rows = [];
  for (const one of HEALTH_CASES) rows.push(await measure(one, watched));
  const [alarms, judgeMs] = dayOf(watched);
  const real = watched.filter(({ isReal }) => isReal).map(({ name }) => name);
  return {
    rows,
    falseAlarmsPerCameraDay: alarms,
    traitsMs: round(watched.reduce((sum, { usual }) => sum + usual.costMs, 0) / watched.length),
    judgeMs: round(judgeMs),
    missed: [
      ...rows.filter(({ rightly, of }) => rightly < of).map(({ fault }) => fault),
      ...Object.entries(alarms).flatMap(([name, count]) =>
        count > MOST_FALSE_ALARMS ? [`false alarms, ${name}`] : [],
      ),
    ],
    ...(real.length === 0 && { why: 'there is no folder of evaluation clips (FOOTFALL_EVAL points at one)' }),
    cameras: watched.map(({ name }) => name),
    ...measuredOn(),
    runs: 1,
  };
}

async function scenes(): Promise<Watched[]> {
  const cacheDir = join(readEnv().cacheDir, 'scenes');
  const watched: Watched[] = [];
  for (const [scene, seed] of SCENES) {
    const loop = await openFirstGops({ scene, seed, cacheDir }, (SCENE_SECONDS * 1000) / GOP_MS);
    while (loop.progress() < 1) await sleep(100);
    const source = loopSource(loop.sub);
    watched.push(await watch(`${scene} ${String(seed)}`, false, source, SCENE_SECONDS));
  }
  return watched;
}

async function clips(): Promise<Watched[]> {
  const folder = evaluationFolder('the health of real pictures');
  if (folder === null) return [];
  return Promise.all(
    Object.entries(CLIPS).map(async ([clip, seconds]) =>
      watch(clip, true, await openFileSource(join(folder, 'clips', `${clip}.mp4`)), seconds),
    ),
  );
}

async function watch(name: string, isReal: boolean, source: Source, seconds: number): Promise<Watched> {
  process.stderr.write(`watching ${name}\n`);
  return { name, isReal, source, seconds, usual: await watchSource(source, seconds) };
}

async function measure({ fault, told }: HealthCase, watched: readonly Watched[]) {
  const delaysS: number[] = [];
  const otherwise: Record<string, string[]> = {};
  for (const { name, source, seconds, usual } of watched) {
    const { traits } = await watchSource(faultySource(source, fault), Math.min(seconds, FAULTY_SECONDS));
    const life = new CameraLife();
    const [before, during, after] = [
      life.show(usual.traits, PHASES_S[0]),
      life.show(traits, PHASES_S[1]),
      life.show(usual.traits, PHASES_S[2]),
    ];
    const said = [before, during, after].map((changes) =>
      changes.map(({ problem, isPresent }) => (isPresent ? problem : `no longer ${problem}`)),
    );
    const wanted = told === null ? [[], [], []] : [[], [told], [`no longer ${told}`]];
    if (JSON.stringify(said) === JSON.stringify(wanted)) {
      const beganAtMs = (1_000_000 + PHASES_S[0]) * 1000;
      delaysS.push(((during[0]?.atMs ?? beganAtMs) - beganAtMs) / 1000);
    } else otherwise[name] = said.flat();
  }
  const sorted = delaysS.sort((a, b) => a - b);
  const row = {
    fault: nameOf(fault),
    told: told ?? 'nothing',
    rightly: delaysS.length,
    of: watched.length,
    ...(told !== null && { delayS: sorted[Math.floor(sorted.length / 2)] ?? null, delayMaxS: sorted.at(-1) ?? null }),
    ...(Object.keys(otherwise).length > 0 && { otherwise }),
  };
  process.stderr.write(`${JSON.stringify(row)}\n`);
  return row;
}

/** What is told in a day without a fault, and the CPU time of judging one picture. */
function dayOf(watched: readonly Watched[]): [Record<string, number>, number] {
  const before = process.cpuUsage();
  const alarms = Object.fromEntries(
    watched.map(({ name, usual }) => {
      const told = new CameraLife().show(usual.traits, DAY_S).filter(({ isPresent }) => isPresent).length;
      process.stderr.write(`${name}: ${String(told)} told in a day without a fault\n`);
      return [name, told];
    }),
  );
  const { user, system } = process.cpuUsage(before);
  return [alarms, (user + system) / 1000 / (watched.length * DAY_S)];
}

function round(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
