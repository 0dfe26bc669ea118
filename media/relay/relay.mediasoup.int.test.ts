import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openLog } from '#ops/runtime/log.ts';
import { mediasoupBinForTests } from '#ops/testkit/mediasoup-bin.ts';
import { WhepViewer } from '#ops/testkit/whep-viewer.ts';
import { contractOptions, describeRelay } from './relay.contract.ts';
import { openMediasoupRelay } from './relay.mediasoup.ts';
import type { Relay } from './relay.port.ts';

const workerBin = mediasoupBinForTests();
const log = openLog('test', 'error');

describe.skipIf(workerBin === null)('mediasoup', () => {
  const open = (): Promise<Relay> => openMediasoupRelay({ ...contractOptions, workerBin: workerBin ?? '', log });

  describeRelay('mediasoup', open);

  for (const [what, signal] of [
    ['dies', 'SIGKILL'],
    ['hangs', 'SIGSTOP'],
  ] as const) {
    it(`says so when its worker ${what}, and refuses from then on`, async () => {
      const before = workerPids();
      const relay = await open();
      const pid = workerPids().find((candidate) => !before.includes(candidate)) ?? 0;
      const viewerCounts: number[] = [];
      const camera = relay.openCamera('cam-1', {
        onViewers: (viewers) => viewerCounts.push(viewers),
        onKeyFrameRequest: () => undefined,
      });
      const viewer = await WhepViewer.open((offer) => camera.addViewer(offer));
      process.kill(pid, signal);
      await expect(relay.died).resolves.toBeInstanceOf(Error);
      expect(viewerCounts).toEqual([1, 0]);
      await expect(camera.addViewer(viewer.offerSdp)).rejects.toMatchObject({ code: 'relay.unavailable' });
      expect(() =>
        relay.openCamera('cam-2', { onViewers: () => undefined, onKeyFrameRequest: () => undefined }),
      ).toThrow('died');
      camera.write({ payload: Buffer.from([0x67]), marker: true, rtpTimestamp: 0 });
      await relay.close();
      await viewer.close();
      expect(workerPids()).toEqual(before);
    });
  }

  it('refuses a ninth payload type for one camera, and takes it once another is free', async () => {
    const relay = await openMediasoupRelay({
      ...contractOptions,
      maxViewersPerCamera: 20,
      workerBin: workerBin ?? '',
      log,
    });
    const camera = relay.openCamera('cam-1', { onViewers: () => undefined, onKeyFrameRequest: () => undefined });
    const join = (payloadType: number): Promise<WhepViewer> =>
      WhepViewer.open((offer) => camera.addViewer(offer), payloadType);
    const viewers = await Promise.all([96, 97, 98, 99, 100, 101, 102, 103].map(join));
    await expect(join(104)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    camera.removeViewer(viewers[0]?.viewerId ?? '');
    viewers.push(await join(104));
    await Promise.all(viewers.map((viewer) => viewer.close()));
    await relay.close();
  });

  it('rejects with the reason when the worker cannot be started', async () => {
    const opening = openMediasoupRelay({ ...contractOptions, workerBin: '/nowhere/mediasoup-worker', log });
    await expect(opening).rejects.toMatchObject({ code: 'relay.unavailable' });
  });
});

/** mediasoup workers that are children of this process. */
function workerPids(): number[] {
  const children = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry));
  return children.map(Number).filter((pid) => {
    try {
      const stat = readFileSync(`/proc/${String(pid)}/stat`, 'utf8');
      return stat.includes('(mediasoup-worke') && stat.split(') ')[1]?.split(' ')[1] === String(process.pid);
    } catch {
      return false;
    }
  });
}
