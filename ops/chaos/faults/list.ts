import { together, type Fault } from './fault.ts';
import { projectorHangs, projectorKilled, webKilled } from './process-faults.ts';
import {
  natsAllKilled,
  natsFollowerKilled,
  natsLeaderKilled,
  natsRolledBack,
  natsServerHangs,
  postgresAway,
  postgresKilled,
} from './server-faults.ts';
import {
  cameraCut,
  outboxDiskFull,
  workerCutForLong,
  workerCutFromNats,
  workerHangs,
  workerKilled,
} from './worker-faults.ts';

/** One of each kind of part, in a few minutes. */
export const SHORT_FAULTS: readonly Fault[] = [
  workerKilled,
  workerCutFromNats,
  natsLeaderKilled,
  projectorKilled,
  postgresKilled,
];

export const ALL_FAULTS: readonly Fault[] = [
  ...SHORT_FAULTS,
  workerHangs,
  cameraCut,
  natsFollowerKilled,
  natsServerHangs,
  projectorHangs,
  webKilled,
  postgresAway,
  natsAllKilled,
  natsRolledBack,
  workerCutForLong,
  outboxDiskFull,
  together(workerKilled, natsLeaderKilled),
  together(workerHangs, postgresKilled),
  together(projectorKilled, natsFollowerKilled),
];
