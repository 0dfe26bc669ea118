import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { mediasoupBinForTests } from '#ops/testkit/mediasoup-bin.ts';
import { KEY_FRAME_NAL, PacketFeed } from '#ops/testkit/packet-feed.ts';
import { serveWhepPage, type SeenVideo } from '#ops/testkit/whep-page.ts';
import { WhepViewer } from '#ops/testkit/whep-viewer.ts';
import { openMediasoupRelay, type MediasoupRelayOptions } from '../relay.mediasoup.ts';
import type { Relay, RelayCamera, RelayPacket } from '../relay.port.ts';

const workerBin = mediasoupBinForTests();
// Without the lines about workers that are killed on purpose.
const log = pino({ level: 'silent' });
const SOON = { timeout: 20_000, interval: 50 };

describe.skipIf(workerBin === null)('the relay on several mediasoup workers', () => {
  const leftovers: (() => Promise<void> | void)[] = [];
  afterEach(async () => {
    for (const free of leftovers.splice(0).reverse()) await free();
  });

  const open = (options: Partial<MediasoupRelayOptions> = {}): Promise<Relay> =>
    openMediasoupRelay({
      listenAddresses: ['127.0.0.1'],
      announcedAddress: null,
      firstPort: null,
      workerBin: workerBin ?? '',
      workers: 1,
      viewersPerWorker: 100,
      maxViewersPerCamera: 20,
      log,
      ...options,
    });

  async function openFor(options: Partial<MediasoupRelayOptions>): Promise<Relay> {
    const relay = await open(options);
    leftovers.push(() => relay.close());
    return relay;
  }

  async function watch(camera: RelayCamera, payloadType?: number): Promise<WhepViewer> {
    const viewer = await WhepViewer.open((offer) => camera.addViewer(offer), payloadType);
    leftovers.push(() => viewer.close());
    return viewer;
  }

  /** A camera that sends from now on. */
  function play(relay: Relay, gop: readonly RelayPacket[] = []): FedCamera {
    let viewers = 0;
    let keyFrameRequests = 0;
    const camera = relay.openCamera('cam-1', {
      onViewers: (count) => {
        viewers = count;
      },
      onKeyFrameRequest: () => {
        keyFrameRequests += 1;
      },
      newestGop: () => gop,
    });
    const feed = new PacketFeed((packet) => {
      camera.write(packet);
    });
    feed.start();
    leftovers.push(() => {
      feed.stop();
    });
    return { camera, feed, viewers: () => viewers, keyFrameRequests: () => keyFrameRequests };
  }

  for (const [what, signal] of [
    ['dies', 'SIGKILL'],
    ['hangs', 'SIGSTOP'],
  ] as const) {
    it(`replaces a worker that ${what}: its viewers are gone and can join again, the others notice nothing`, async () => {
      const before = workerPids();
      const relay = await openFor({ workers: 2 });
      const [victim] = workerPids().filter((pid) => !before.includes(pid));
      const cameras = [play(relay), play(relay)];
      const viewers = [await watch(cameras[0]?.camera as RelayCamera), await watch(cameras[1]?.camera as RelayCamera)];
      await vi.waitFor(() => expect(viewers.every(({ packets }) => packets.length > 20)).toBe(true), SOON);

      process.kill(victim ?? 0, signal);
      await vi.waitFor(() => expect(cameras.map((camera) => camera.viewers()).toSorted()).toEqual([0, 1]), SOON);
      const lost = cameras.findIndex((camera) => camera.viewers() === 0);
      const again = await watch(cameras[lost]?.camera as RelayCamera);
      await vi.waitFor(() => expect(again.packets.length).toBeGreaterThan(20), SOON);

      const spared = viewers[1 - lost] as WhepViewer;
      const [first] = spared.packets;
      const numbers = spared.packets.map(({ sequenceNumber }) => sequenceNumber);
      expect(numbers).toEqual(numbers.map((_, i) => ((first?.sequenceNumber ?? 0) + i) % 2 ** 16));
      const received = numbers.length;
      await vi.waitFor(() => expect(spared.packets.length).toBeGreaterThan(received + 20), SOON);
      await vi.waitFor(() => expect(workerPids()).toHaveLength(before.length + 2), SOON);
      await relay.close();
      expect(workerPids()).toEqual(before);
    });
  }

  it('drops packets for a worker that is behind, and goes on with a key frame once it has caught up', async () => {
    const before = workerPids();
    const relay = await openFor({});
    const [pid = 0] = workerPids().filter((each) => !before.includes(each));
    const { camera, feed, viewers, keyFrameRequests } = play(relay);
    const { packets } = await watch(camera);
    await vi.waitFor(() => expect(packets.length).toBeGreaterThan(20), SOON);
    const asked = keyFrameRequests();

    process.kill(pid, 'SIGSTOP');
    await vi.waitFor(() => expect(camera.viewers()[0]?.packetsDropped).toBeGreaterThan(20), SOON);
    process.kill(pid, 'SIGCONT');
    const caughtUp = feed.sent.length;
    const indexOf = new Map<number, number>();
    await vi.waitFor(() => {
      for (const [index, { rtpTimestamp }] of feed.sent.entries()) indexOf.set(rtpTimestamp, index);
      expect(indexOf.get(packets.at(-1)?.timestamp ?? 0)).toBeGreaterThan(caughtUp + 50);
    }, SOON);
    // What had waited comes at once: some of it a socket may lose, and it is sent again.
    const received = packets.toSorted((a, b) => a.timestamp - b.timestamp);
    const gaps = received.filter(
      ({ timestamp }, i) => i > 0 && indexOf.get(timestamp) !== (indexOf.get(received[i - 1]?.timestamp ?? 0) ?? 0) + 1,
    );
    expect(gaps.at(-1)?.payload[0]).toBe(KEY_FRAME_NAL);
    expect(keyFrameRequests()).toBeGreaterThan(asked);
    expect(viewers()).toBe(1);
    expect(workerPids()).toContain(pid);
  });

  it('has died when no worker runs and none can be started, and refuses from then on', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-worker-'));
    leftovers.push(() => {
      rmSync(folder, { recursive: true });
    });
    symlinkSync(workerBin ?? '', join(folder, 'mediasoup-worker'));
    const before = workerPids();
    const relay = await openFor({ workerBin: join(folder, 'mediasoup-worker') });
    const { camera, viewers } = play(relay);
    const { offerSdp } = await watch(camera);
    rmSync(join(folder, 'mediasoup-worker'));
    for (const pid of workerPids().filter((each) => !before.includes(each))) process.kill(pid, 'SIGKILL');
    await expect(relay.died).resolves.toBeInstanceOf(Error);
    expect(viewers()).toBe(0);
    await expect(camera.addViewer(offerSdp)).rejects.toMatchObject({ code: 'relay.unavailable' });
    expect(() => play(relay)).toThrow('died');
  });

  it('offers one port for UDP and TCP, the given one, at its own and at the announced address', async () => {
    const firstPort = await freePort();
    const relay = await openFor({ firstPort, announcedAddress: '192.0.2.9' });
    const { camera } = play(relay);
    const { answerSdp, packets } = await watch(camera);
    const offered = [...answerSdp.matchAll(/^a=candidate:\S+ 1 (udp|tcp) \d+ (\S+) (\d+) typ host/gm)];
    expect(offered.map(([, protocol, address, port]) => [protocol, address, Number(port)]).toSorted()).toEqual([
      ['tcp', '127.0.0.1', firstPort],
      ['tcp', '192.0.2.9', firstPort],
      ['udp', '127.0.0.1', firstPort],
      ['udp', '192.0.2.9', firstPort],
    ]);
    await vi.waitFor(() => expect(packets.length).toBeGreaterThan(20), SOON);
  });

  it('shows video to a browser that can only use TCP', async () => {
    const relay = await openFor({});
    const camera = relay.openCamera('cam-clip', { onViewers: () => undefined, onKeyFrameRequest: () => undefined });
    const luma = (frame: number, x: number): number => 40 + ((frame * 6 + x * 90) % 150);
    const clip = encodeClip({ widthPx: 160, heightPx: 120, frames: 15, gop: 15, luma });
    const source = new ClipCamera(clip, 15, 0, (packet) => {
      camera.write(packet);
    });
    source.start();
    const whep = await serveWhepPage(async (offer) => {
      const { viewerId, answerSdp } = await camera.addViewer(offer);
      return { viewerId, answerSdp: answerSdp.replace(/^a=candidate:\S+ 1 udp .*\r\n/gm, '') };
    });
    const browser = await launchChromium();
    leftovers.push(
      () => {
        source.stop();
      },
      () => whep.close(),
      () => browser.close(),
    );
    const { page } = await openPage(browser, whep.url);
    await vi.waitFor(async () => {
      const { frames, error } = await page.evaluate<SeenVideo>('window.seen');
      expect(error).toBeNull();
      expect(frames.length).toBeGreaterThan(30);
    }, SOON);
  });

  it('serves the viewers of a camera that one worker has no room for from another, and refuses beyond all', async () => {
    const relay = await openFor({ workers: 2, viewersPerWorker: 2 });
    const { camera, feed, keyFrameRequests } = play(relay);
    const viewers = [await watch(camera), await watch(camera), await watch(camera), await watch(camera)];
    const ports = viewers.map(({ answerSdp }) => /^m=video (\d+)/m.exec(answerSdp)?.[1]);
    expect(ports).toEqual([ports[0], ports[0], ports[2], ports[2]]);
    expect(ports[2]).not.toBe(ports[0]);
    await expect(watch(camera)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    await vi.waitFor(() => expect(viewers.every(({ packets }) => packets.length > 100)).toBe(true), SOON);
    for (const { packets } of viewers) {
      const from = feed.sent.findIndex(({ rtpTimestamp }) => rtpTimestamp === packets[0]?.timestamp);
      const sent = feed.sent.slice(from, from + packets.length);
      expect(packets.map(({ timestamp }) => timestamp)).toEqual(sent.map((packet) => packet.rtpTimestamp));
      expect(packets.every(({ payload }, i) => sent[i]?.payload.equals(payload))).toBe(true);
    }
    const asked = keyFrameRequests();
    await vi.waitFor(async () => {
      await viewers[3]?.askForKeyFrame();
      expect(keyFrameRequests()).toBeGreaterThan(asked);
    }, SOON);

    // The second worker's viewers go on when the first has lost all of its own.
    camera.removeViewer(viewers[0]?.viewerId ?? '');
    camera.removeViewer(viewers[1]?.viewerId ?? '');
    const received = viewers[3]?.packets.length ?? 0;
    await vi.waitFor(() => expect(viewers[3]?.packets.length).toBeGreaterThan(received + 50), SOON);
    await expect(watch(camera)).resolves.toBeDefined();
  });

  it('gives four viewers of a camera the pictures at once; a fifth waits for the next key frame, until one leaves', async () => {
    const gop = Array.from({ length: 20 }, (_, i) => {
      const payload = Buffer.alloc(500, i);
      payload[0] = i === 0 ? KEY_FRAME_NAL : 0x41;
      return { payload, marker: true, rtpTimestamp: i };
    });
    const relay = await openFor({});
    const { camera, feed, keyFrameRequests } = play(relay, gop);
    feed.stop(); // So that nothing tells how soon the next key frame comes.
    const viewers = [await watch(camera), await watch(camera), await watch(camera), await watch(camera)];
    await vi.waitFor(() => expect(viewers.map(({ packets }) => packets.length)).toEqual([20, 20, 20, 20]), SOON);
    // They were given a key frame and need none; one that asks is heard all the same.
    expect(keyFrameRequests()).toBe(0);
    await vi.waitFor(async () => {
      await viewers[1]?.askForKeyFrame();
      expect(keyFrameRequests()).toBe(1);
    }, SOON);
    const fifth = await watch(camera);
    await vi.waitFor(() => expect(camera.viewers().at(-1)?.connected).toBe(true), SOON);
    camera.removeViewer(viewers[0]?.viewerId ?? '');
    const sixth = await watch(camera);
    await vi.waitFor(() => expect(sixth.packets).toHaveLength(20), SOON);
    expect(fifth.packets).toHaveLength(0);
    feed.start(5);
    await vi.waitFor(() => expect(fifth.packets.length).toBeGreaterThan(0), SOON);
    feed.stop();
    expect(fifth.packets[0]?.payload[0]).toBe(KEY_FRAME_NAL);
  });

  it('refuses a ninth payload type for one camera, and takes it once another is free', async () => {
    const { camera } = play(await openFor({}));
    const viewers = await Promise.all([96, 97, 98, 99, 100, 101, 102, 103].map((type) => watch(camera, type)));
    await expect(watch(camera, 104)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    camera.removeViewer(viewers[0]?.viewerId ?? '');
    await expect(watch(camera, 104)).resolves.toBeDefined();
  });

  it('rejects with the reason when the worker cannot be started', async () => {
    const opening = open({ workerBin: '/nowhere/mediasoup-worker' });
    await expect(opening).rejects.toMatchObject({ code: 'relay.unavailable' });
  });
});

interface FedCamera {
  readonly camera: RelayCamera;
  readonly feed: PacketFeed;
  readonly viewers: () => number;
  readonly keyFrameRequests: () => number;
}

/** One that was free a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

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
