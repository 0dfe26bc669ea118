import { describe } from 'vitest';
import { openLog } from '#ops/runtime/log.ts';
import { mediasoupBinForTests } from '#ops/testkit/mediasoup-bin.ts';
import { contractOptions, describeRelay } from './relay.contract.ts';
import { openMediasoupRelay } from './relay.mediasoup.ts';

const workerBin = mediasoupBinForTests();
const log = openLog('test', 'error');

describe.skipIf(workerBin === null)('mediasoup', () => {
  describeRelay('mediasoup', () =>
    openMediasoupRelay({ ...contractOptions, workerBin: workerBin ?? '', workers: 1, viewersPerWorker: 100, log }),
  );
});
