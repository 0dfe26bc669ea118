import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { KEY_FRAME_NAL, PacketFeed } from '#ops/testkit/packet-feed.ts';
import { WhepViewer, type ReceivedPacket } from '#ops/testkit/whep-viewer.ts';
import { describeRelayInChromium } from './relay-in-chromium.contract.ts';
import type { Relay, RelayCamera, RelayPacket } from './relay.port.ts';
import { VANISHED_AFTER_MS } from './viewed-camera.ts';

export const contractOptions = {
  listenAddresses: ['127.0.0.1'],
  announcedAddress: null,
  firstPort: null,
  maxViewersPerCamera: 3,
};

const SOON = { timeout: 20_000, interval: 20 };

/** What every relay must do; `open` makes it with `contractOptions`. */
export function describeRelay(name: string, open: () => Promise<Relay>): void {
  describe(`the relay on ${name}`, () => {
    let relay: Relay;
    const leftovers: (() => Promise<void> | void)[] = [];

    beforeAll(async () => {
      relay = await open();
    });
    afterAll(async () => {
      await relay.close();
    });
    afterEach(async () => {
      for (const free of leftovers.splice(0).reverse()) await free();
    });

    function openCamera(gop: readonly RelayPacket[] = []): WatchedCamera {
      const watched = watchCamera(relay, gop);
      leftovers.push(() => {
        watched.feed.stop();
        watched.camera.close();
      });
      return watched;
    }

    async function join(camera: RelayCamera): Promise<WhepViewer> {
      const viewer = await WhepViewer.open((offer) => camera.addViewer(offer));
      leftovers.push(() => viewer.close());
      return viewer;
    }

    it('brings a viewer every packet in order, unchanged, with its RTP time, after a real DTLS handshake', async () => {
      const { camera, feed } = openCamera();
      const viewer = await join(camera);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(100), SOON);

      const [first] = viewer.packets;
      const from = feed.sent.findIndex(({ rtpTimestamp }) => rtpTimestamp === first?.timestamp);
      const sent = feed.sent.slice(from, from + viewer.packets.length);
      expect(viewer.packets.map(({ timestamp }) => timestamp)).toEqual(sent.map((packet) => packet.rtpTimestamp));
      expect(viewer.packets.map(({ marker }) => marker)).toEqual(sent.map((packet) => packet.marker));
      expect(viewer.packets.every(({ payload }, i) => sent[i]?.payload.equals(payload))).toBe(true);
      expect(viewer.packets.map(({ sequenceNumber }) => sequenceNumber)).toEqual(
        sent.map((_, i) => ((first?.sequenceNumber ?? 0) + i) % 2 ** 16),
      );
      expect(viewer.isConnected).toBe(true);
    });

    it('answers ice-lite and passive, under the payload type of the offer', async () => {
      const { camera, feed } = openCamera();
      const viewer = await WhepViewer.open((offer) => camera.addViewer(offer), 121);
      leftovers.push(() => viewer.close());
      feed.start();
      await vi.waitFor(() => expect(viewer.packets[0]?.payloadType).toBe(121), SOON);
      for (const line of ['a=ice-lite', 'a=setup:passive', 'a=sendonly', 'a=end-of-candidates', 'a=rtcp-mux']) {
        expect(viewer.answerSdp.split('\r\n')).toContain(line);
      }
      expect(viewer.answerSdp).toMatch(/^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 \d+ typ host/m);
    });

    it('begins the handshake itself with a viewer that only waits', async () => {
      const { camera, feed } = openCamera();
      const viewer = await WhepViewer.open((offer) =>
        camera.addViewer(offer.replace('setup:actpass', 'setup:passive')),
      );
      leftovers.push(() => viewer.close());
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(10), SOON);
      expect(viewer.answerSdp).toContain('a=setup:active');
    });

    it('sends nothing before the beginning of a key frame', async () => {
      const { camera, feed } = openCamera();
      const viewer = await join(camera);
      await vi.waitFor(() => expect(camera.viewers()[0]?.connected).toBe(true), SOON);
      feed.start(5);
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(20), SOON);
      expect(viewer.packets[0]?.payload[0]).toBe(KEY_FRAME_NAL);
    });

    it('serves two viewers and tells how many there are as they come and go', async () => {
      const { camera, feed, viewerCounts } = openCamera();
      feed.start();
      const one = await join(camera);
      const two = await join(camera);
      expect(viewerCounts).toEqual([1, 2]);
      expect(one.viewerId).toMatch(/^[0-9a-f]{32}$/);
      await vi.waitFor(() => {
        expect(one.packets.length).toBeGreaterThan(20);
        expect(two.packets.length).toBeGreaterThan(20);
      }, SOON);
      await vi.waitFor(() => {
        expect(camera.viewers().map(({ connected }) => connected)).toEqual([true, true]);
        for (const { packetsSent, bytesSent } of camera.viewers()) {
          expect(packetsSent).toBeGreaterThan(10);
          expect(bytesSent).toBeGreaterThan(10 * 900);
        }
      }, SOON);
      expect(relay.stats()).toEqual({ cameras: 1, viewers: 2 });

      camera.removeViewer(one.viewerId);
      expect(viewerCounts).toEqual([1, 2, 1]);
      expect(camera.viewers().map(({ viewerId }) => viewerId)).toEqual([two.viewerId]);
      const received = two.packets.length;
      await vi.waitFor(() => expect(two.packets.length).toBeGreaterThan(received + 20), SOON);
      camera.removeViewer(two.viewerId);
      expect(viewerCounts).toEqual([1, 2, 1, 0]);
    });

    it('serves viewers whose offers number H.264 differently, each under its own', async () => {
      const { camera, feed } = openCamera();
      feed.start();
      const types = [96, 108, 127];
      const viewers = await Promise.all(types.map((type) => WhepViewer.open((offer) => camera.addViewer(offer), type)));
      leftovers.push(...viewers.map((viewer) => () => viewer.close()));
      await vi.waitFor(() => expect(viewers.map(({ packets }) => packets[0]?.payloadType)).toEqual(types), SOON);
    });

    it('refuses one viewer too many and takes another as soon as one has left', async () => {
      const { camera } = openCamera();
      const [first] = [await join(camera), await join(camera), await join(camera)];
      await expect(join(camera)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
      camera.removeViewer(first?.viewerId ?? '');
      await expect(join(camera)).resolves.toBeDefined();
    });

    it('rejects an offer without H.264 and one that is no SDP, and keeps nothing of them', async () => {
      const { camera, viewerCounts } = openCamera();
      const { offerSdp } = await join(camera);
      const vp8 = offerSdp.replace(/H264\/90000/g, 'VP8/90000');
      await expect(camera.addViewer(vp8)).rejects.toMatchObject({ code: 'relay.offer-rejected' });
      for (const garbage of ['', 'hello', 'v=0\r\n', offerSdp.slice(0, 200), '\0'.repeat(1000)]) {
        await expect(camera.addViewer(garbage)).rejects.toMatchObject({ code: 'relay.offer-rejected' });
      }
      expect(viewerCounts).toEqual([1]);
    });

    it('takes trickled candidates of its viewers and of nobody else', async () => {
      const { camera } = openCamera();
      const { viewerId } = await join(camera);
      const fragment = 'a=mid:0\r\na=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host\r\n';
      await expect(camera.updateIce(viewerId, fragment, ['*'])).resolves.toBeNull();
      await expect(camera.updateIce(viewerId, 'nonsense', ['*'])).rejects.toMatchObject({
        code: 'relay.fragment-rejected',
      });
      const gone = camera.updateIce('0'.repeat(32), fragment, ['*']);
      await expect(gone).rejects.toMatchObject({ code: 'relay.viewer-not-found' });
    });

    it('restarts ICE without a gap in what it sends, as often as it is asked', async () => {
      const { camera, feed } = openCamera();
      const viewer = await join(camera);
      feed.start();
      for (let restarts = 1; restarts <= 2; restarts += 1) {
        const before = viewer.packets.length;
        await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(before + 30), SOON);
        await viewer.restartIce(async (fragment) => {
          const restarted = await camera.updateIce(viewer.viewerId, fragment, ['*']);
          return restarted?.fragment ?? '';
        });
        const after = viewer.packets.length;
        await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(after + 30), SOON);
      }
      const numbers = viewer.packets.map(({ sequenceNumber }) => sequenceNumber);
      expect(numbers).toEqual(numbers.map((_, i) => ((numbers[0] ?? 0) + i) % 2 ** 16));
    });

    it('keeps its viewers while the camera is away, and their streams continue without a gap in the numbering', async () => {
      const { camera, feed, viewerCounts } = openCamera();
      const viewer = await join(camera);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(30), SOON);
      feed.stop();
      await pause(3_000); // Longer than mediasoup takes to call a producer inactive.
      const jumpedTo = feed.jump(600 * 90_000);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.at(-1)?.timestamp ?? 0).toBeGreaterThan(jumpedTo), SOON);
      const numbers = viewer.packets.map(({ sequenceNumber }) => sequenceNumber);
      expect(numbers).toEqual(numbers.map((_, i) => ((numbers[0] ?? 0) + i) % 2 ** 16));
      expect(viewerCounts).toEqual([1]);
    });

    it("passes on viewers' requests for key frames, but not all of a crowd, and counts them", async () => {
      const { camera, feed, keyFrameRequests } = openCamera();
      const viewer = await join(camera);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(20), SOON);
      const before = keyFrameRequests();
      let asked = 0;
      await vi.waitFor(async () => {
        asked += 1;
        await viewer.askForKeyFrame();
        expect(keyFrameRequests()).toBeGreaterThan(before);
      }, SOON);
      // mediasoup holds some back itself: one that is under way is not asked for again.
      expect(camera.keyFrameRequests().asked).toBeGreaterThan(before);
      expect(camera.keyFrameRequests().passedOn).toBe(keyFrameRequests());
      await vi.waitFor(() => expect(camera.viewers()[0]?.keyFrameRequests).toBe(asked), SOON);
    });

    for (const [what, payloadBytes, begins] of [
      ['sends a newcomer the pictures since the newest key frame, then what follows, without a gap', 900, 'at once'],
      ['lets a newcomer wait for the next key frame when they are too many', 8_000, 'with the next'],
    ] as const) {
      it(what, async () => {
        const gop = Array.from({ length: 200 }, (_, i) => {
          const payload = Buffer.alloc(payloadBytes, i);
          payload[0] = i === 0 ? KEY_FRAME_NAL : 0x41;
          return { payload, marker: true, rtpTimestamp: i };
        });
        const { camera, feed, keyFrameRequests } = openCamera(gop);
        const viewer = await join(camera);
        await vi.waitFor(() => expect(camera.viewers()[0]?.connected).toBe(true), SOON);
        feed.start(5);
        // A busy machine loses packets of a burst; they come later, sent again.
        const received = (): ReceivedPacket[] =>
          [...new Map(viewer.packets.map((packet) => [packet.timestamp, packet])).values()].toSorted(
            (a, b) => a.timestamp - b.timestamp,
          );
        const expected = (): RelayPacket[] => (begins === 'at once' ? [...gop, ...feed.sent] : feed.sent.slice(5));
        await vi.waitFor(() => expect(received().length).toBeGreaterThan(begins === 'at once' ? 210 : 40), SOON);
        feed.stop();
        const times = expected().map(({ rtpTimestamp }) => rtpTimestamp);
        await vi.waitFor(() => expect(received().map(({ timestamp }) => timestamp)).toEqual(times), SOON);
        const numbers = received().map(({ sequenceNumber }) => sequenceNumber);
        expect(numbers).toEqual(numbers.map((_, i) => ((numbers[0] ?? 0) + i) % 2 ** 16));
        expect(keyFrameRequests()).toBe(begins === 'at once' ? 0 : 1);
      });
    }

    it('tells the bit rate, the loss and the round trip of each viewer', async () => {
      const { camera, feed } = openCamera();
      await join(camera);
      feed.start();
      await vi.waitFor(
        () => {
          const [viewer] = camera.viewers();
          // A hundred packets of 1,000 bytes a second, less where the machine is busy.
          expect(viewer?.bitsPerSecond).toBeGreaterThan(100_000);
          expect(viewer?.bitsPerSecond).toBeLessThan(2_000_000);
          expect(viewer).toMatchObject({ packetsLost: 0, packetsDropped: 0 });
          expect(viewer?.roundTripMs).toBeGreaterThan(0);
        },
        { timeout: 20_000, interval: 100 },
      );
    });

    it('sends a packet again that a viewer reports lost, under the same number', async () => {
      const { camera, feed } = openCamera();
      const viewer = await join(camera);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(30), SOON);
      const lost = viewer.packets.at(-1);
      const number = lost?.sequenceNumber ?? -1;
      await viewer.reportLost(number);
      const again = (): typeof viewer.packets =>
        viewer.packets.filter(({ sequenceNumber }) => sequenceNumber === number);
      await vi.waitFor(() => expect(again()).toEqual([lost, lost]), SOON);
    });

    it('forgets a viewer that vanished without a word', async () => {
      const { camera, feed, viewerCounts } = openCamera();
      feed.start();
      const viewer = await join(camera);
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(20), SOON);
      await viewer.vanish();
      await vi.waitFor(() => expect(viewerCounts).toEqual([1, 0]), { timeout: 2 * VANISHED_AFTER_MS, interval: 100 });
    });

    it('frees everything on close() and then refuses', async () => {
      const { camera, viewerCounts } = openCamera();
      const viewer = await join(camera);
      camera.close();
      expect(viewerCounts).toEqual([1, 0]);
      await expect(camera.addViewer(viewer.offerSdp)).rejects.toMatchObject({ code: 'relay.unavailable' });

      const other = await open();
      const otherCamera = watchCamera(other);
      const otherViewer = await WhepViewer.open((offer) => otherCamera.camera.addViewer(offer));
      leftovers.push(() => otherViewer.close());
      await other.close();
      expect(otherCamera.viewerCounts).toEqual([1, 0]);
      expect(other.stats()).toEqual({ cameras: 0, viewers: 0 });
      const { offerSdp } = otherViewer;
      await expect(otherCamera.camera.addViewer(offerSdp)).rejects.toMatchObject({ code: 'relay.unavailable' });
      expect(() => watchCamera(other)).toThrow('closed');
    });

    describeRelayInChromium(name, () => relay);
  });
}

interface WatchedCamera {
  readonly camera: RelayCamera;
  readonly feed: PacketFeed;
  readonly viewerCounts: number[];
  readonly keyFrameRequests: () => number;
}

function watchCamera(relay: Relay, gop: readonly RelayPacket[] = []): WatchedCamera {
  const viewerCounts: number[] = [];
  let requests = 0;
  const camera = relay.openCamera('cam-1', {
    onViewers: (viewers) => viewerCounts.push(viewers),
    onKeyFrameRequest: () => {
      requests += 1;
    },
    newestGop: () => gop,
  });
  const feed = new PacketFeed((packet) => {
    camera.write(packet);
  });
  return { camera, feed, viewerCounts, keyFrameRequests: () => requests };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
