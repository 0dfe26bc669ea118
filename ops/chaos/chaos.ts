import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '#ops/setup/step.ts';
import type { Fault } from './faults/fault.ts';
import { judge, type Verdict } from './oracle.ts';
import { unsettledIn } from './outbox-file.ts';
import { Rig, type Holder } from './rig.ts';
import { schedule, type Due } from './schedule.ts';
import { readStored } from './stored.ts';

const SEEN_WITHIN_MS = 90_000;
const SETTLED_WITHIN_MS = 120_000;
const POLL_MS = 250;
/** Frames that were on their way when a fault began. */
const BEFORE_MS = 1_000;
/** A crossing is told once it is certain. */
const TELLING_MS = 4_000;

export interface ChaosOptions {
  readonly seed: number;
  readonly faults: readonly Fault[];
  /** Begins no other fault after this long; null: each fault once. */
  readonly forMs: number | null;
  readonly cameras: number;
  /** Where rendered scenes are kept. */
  readonly cacheDir: string;
}

export interface Inflicted {
  readonly fault: string;
  readonly hit: string;
  /** Since the beginning of the run, s. */
  readonly at: number;
  readonly heldForMs: number;
  /** The longest time between two frames of one camera that somebody was heard to look at. */
  readonly recoveredInMs: number;
  /** Cameras counted under another lease after it than before, those handed over by agreement left out. */
  readonly rehomed: number;
  /** That they were is as it should be. */
  readonly mayRehome: boolean;
  /** From the fault's end until all that had been decided by then was known to be stored. */
  readonly settledInMs: number;
}

export interface ChaosResult extends Verdict {
  readonly seed: number;
  readonly byFault: readonly Inflicted[];
  readonly crossings: number;
  readonly fencedRefused: number;
  readonly usurped: readonly string[];
  readonly held: number;
  readonly occupancyNegative: number;
  /** Camera-seconds looked at by those that were sent; a lower bound, what is told of it may get lost on the way. */
  readonly availability: number;
  readonly seconds: number;
  /** The last warnings of each process, when the verdict is a bad one. */
  readonly warnings: readonly string[];
}

/** What is wrong with it, if anything. */
export function faultsOf(result: ChaosResult, mostMissedFrac: number): string[] {
  const { lost, doubled, usurped, held, occupancyNegative, missedInView, inView, byFault } = result;
  return [
    ...(lost.length > 0 ? ['lost'] : []),
    ...(doubled.length > 0 ? ['doubled'] : []),
    ...(usurped.length > 0 ? ['usurped'] : []),
    ...(held > 0 ? ['held'] : []),
    ...(occupancyNegative > 0 ? ['occupancyNegative'] : []),
    ...(byFault.some(({ rehomed, mayRehome }) => rehomed > 0 && !mayRehome) ? ['rehomed'] : []),
    ...(missedInView.length > mostMissedFrac * inView ? ['missedInView'] : []),
  ];
}

/** Runs the faults of a seed against a whole installation and judges what was stored. */
export async function runChaos(options: ChaosOptions): Promise<ChaosResult> {
  const rig = await Rig.open(options.cameras, options.cacheDir);
  const byFault: Inflicted[] = [];
  try {
    const fromMs = Date.now();
    say(`chaos with seed ${String(options.seed)} in ${rig.folder}`);
    for (const due of schedule(options.seed, options.faults)) {
      const isOver =
        options.forMs === null ? byFault.length === options.faults.length : Date.now() - fromMs > options.forMs;
      if (isOver) break;
      const done = await inflict(rig, due, fromMs);
      byFault.push(done);
      say(JSON.stringify(done));
    }
    await sleep(TELLING_MS);
    const untilMs = Date.now();
    const seconds = Math.round((untilMs - fromMs) / 1000);
    const availability = rig.watch.analysedFrac(rig.cameraNames, fromMs, untilMs - TELLING_MS);
    await sleep(TELLING_MS);
    // Nobody walks any more: what is decided now is all there is.
    const truth = await rig.farm.truth();
    for (const camera of rig.cameraNames) rig.farm.setFault(camera, { kind: 'offline' });
    await sleep(TELLING_MS);
    await settled(rig);
    rig.watch.look();
    const stored = await readStored(rig.database);
    const { outages, watch } = rig;
    const verdict = judge({ stored, truth, outages, decided: watch.decided, fromMs, untilMs });
    const result = {
      seed: options.seed,
      ...verdict,
      byFault,
      crossings: stored.crossings.length,
      fencedRefused: stored.fencedRefused,
      usurped: stored.usurped,
      held: stored.held,
      occupancyNegative: stored.negativeOccupancy + watch.negativeOccupancy,
      availability: Number(availability.toFixed(4)),
      seconds,
      warnings: [],
    };
    return faultsOf(result, 0).length === 0 ? result : { ...result, warnings: rig.warnings() };
  } catch (error) {
    const told = [...byFault.map((each) => JSON.stringify(each)), ...rig.warnings()].join('\n');
    throw new Error(
      `the run with seed ${String(options.seed)} did not come to its end: ${String(error)}, after\n${told}`,
      { cause: error },
    );
  } finally {
    await rig.close();
  }
}

async function inflict(rig: Rig, { fault, random, pauseMs }: Due<Fault>, startedMs: number): Promise<Inflicted> {
  await sleep(pauseMs);
  const before = await rig.holders();
  const atMs = Date.now();
  const hit = await fault.inflict(rig, random);
  const endedMs = Date.now();
  await rig.watch.untilAllSeen(rig.cameraNames, endedMs, SEEN_WITHIN_MS);
  const settledInMs = await settled(rig);
  const after = await rig.holders();
  return {
    fault: fault.name,
    hit,
    at: Math.round((atMs - startedMs) / 1000),
    heldForMs: endedMs - atMs,
    recoveredInMs: rig.watch.longestPauseMs(rig.cameraNames, atMs - BEFORE_MS, Date.now()),
    settledInMs,
    rehomed: rig.cameraNames.filter((name) => isRehomed(before.get(name), after.get(name))).length,
    mayRehome: !fault.movesNoCamera,
  };
}

/** Workers even out what they run all the while: that is no consequence of a fault. */
function isRehomed(before: Holder | undefined, after: Holder | undefined): boolean {
  return before?.leaseId !== after?.leaseId && (before === undefined || after?.takenFrom !== before.leaseId);
}

/** Everything that is in an outbox now is gone from it. Returns after how long. */
async function settled(rig: Rig): Promise<number> {
  const fromMs = Date.now();
  const waiting = rig.workers.map((worker) => {
    return { worker, facts: new Set(unsettledIn(worker).map(({ leaseId, n }) => `${leaseId}.${String(n)}`)) };
  });
  for (;;) {
    const left = waiting.flatMap(({ worker, facts }) =>
      unsettledIn(worker).filter(({ leaseId, n }) => facts.has(`${leaseId}.${String(n)}`)),
    );
    if (left.length === 0) return Date.now() - fromMs;
    if (Date.now() - fromMs > SETTLED_WITHIN_MS) {
      throw new Error(
        `outboxes still hold ${JSON.stringify(left.slice(0, 5))} after ${String(SETTLED_WITHIN_MS / 1000)} s`,
      );
    }
    await sleep(POLL_MS);
  }
}
