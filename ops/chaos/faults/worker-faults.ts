import { setTimeout as sleep } from 'node:timers/promises';
import type { Rig, RiggedWorker } from '../rig.ts';
import type { Random } from '../schedule.ts';
import { between, oneOf, type Fault } from './fault.ts';

/** Silence limit, rank and claim: the other worker has all cameras by then. */
const TAKEN_OVER_MS = 13_000;

/** Hurting somebody who runs no camera says little: mostly it hits the one with the most. */
async function victim(rig: Rig, random: Random): Promise<RiggedWorker> {
  const any = oneOf(random, rig.workers);
  if (random() < 0.2) return any;
  const holders = [...(await rig.holders()).values()];
  const heldBy = (id: string): number => holders.filter(({ worker }) => worker === id).length;
  return rig.workers.toSorted((a, b) => heldBy(b.id) - heldBy(a.id))[0] ?? any;
}

export const workerKilled: Fault = {
  name: 'worker-killed',
  movesNoCamera: false,
  async inflict(rig, random) {
    const { id, part } = await victim(rig, random);
    const over = rig.outage(id, true);
    await part.kill();
    await sleep(between(random, 0, TAKEN_OVER_MS));
    await part.start();
    over();
    return id;
  },
};

export const workerHangs: Fault = {
  name: 'worker-hangs',
  movesNoCamera: false,
  async inflict(rig, random) {
    const { id, part } = await victim(rig, random);
    const over = rig.outage(id);
    part.signal('SIGSTOP');
    await sleep(between(random, 2_000, 30_000));
    part.signal('SIGCONT');
    over();
    return id;
  },
};

/** It still sees its cameras: the zombie. */
const cutFromNats = (name: string, shortestMs: number, longestMs: number): Fault => ({
  name,
  movesNoCamera: false,
  async inflict(rig, random) {
    const { id, gates } = await victim(rig, random);
    for (const gate of gates) gate.cut();
    await sleep(between(random, shortestMs, longestMs));
    for (const gate of gates) gate.mend();
    return id;
  },
});

export const workerCutFromNats = cutFromNats('worker-cut-from-nats', 3_000, 25_000);
/** Until it has given its cameras up. */
export const workerCutForLong = cutFromNats('worker-cut-for-long', 62_000, 75_000);

/** What is decided meanwhile waits in memory. */
export const outboxDiskFull: Fault = {
  name: 'outbox-disk-full',
  movesNoCamera: true,
  async inflict(rig, random) {
    const { id, disk } = await victim(rig, random);
    if (disk === null) return 'nobody: no small disk can be mounted here, which needs root';
    disk.fill();
    await sleep(between(random, 5_000, 20_000));
    disk.free();
    return id;
  },
};

export const cameraCut: Fault = {
  name: 'camera-cut',
  movesNoCamera: true,
  async inflict(rig, random) {
    const camera = oneOf(random, rig.cameraNames);
    const over = rig.outage(camera);
    rig.farm.setFault(camera, { kind: oneOf(random, ['freeze', 'offline'] as const) });
    await sleep(between(random, 3_000, 12_000));
    rig.farm.setFault(camera, null);
    await rig.watch.untilAllSeen([camera], Date.now(), 60_000);
    over();
    return camera;
  },
};
