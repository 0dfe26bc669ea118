import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openRelay } from './choose.ts';

const lines: string[] = [];
const log = pino({ level: 'warn' }, { write: (line: string) => lines.push(line) });
const options = {
  listenAddresses: ['127.0.0.1'],
  announcedAddress: null,
  firstPort: null,
  maxViewersPerCamera: 1,
  mediasoupWorkers: 1,
  viewersPerWorker: 1,
  log,
};

describe('openRelay', () => {
  it('takes werift where there is no mediasoup worker', async () => {
    const relay = await openRelay({ ...options, prefer: 'auto', mediasoupWorkerBin: null });
    expect(relay.kind).toBe('werift');
    await relay.close();
    expect(lines).toEqual([]);
  });

  it('says what to do when mediasoup is asked for by name and is not there', async () => {
    const opening = openRelay({ ...options, prefer: 'mediasoup', mediasoupWorkerBin: null });
    await expect(opening).rejects.toMatchObject({
      code: 'setup.missing',
      message: expect.stringContaining('npm run setup') as string,
    });
  });

  it('falls back to werift with a warning when the worker does not run, unless mediasoup was asked for', async () => {
    const broken = { ...options, mediasoupWorkerBin: '/bin/false' };
    const relay = await openRelay({ ...broken, prefer: 'auto' });
    expect(relay.kind).toBe('werift');
    await relay.close();
    expect(lines.some((line) => line.includes('mediasoup does not run here'))).toBe(true);
    await expect(openRelay({ ...broken, prefer: 'mediasoup' })).rejects.toMatchObject({ code: 'relay.unavailable' });
  });
});
