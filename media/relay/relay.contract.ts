import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { KEY_FRAME_NAL, PacketFeed } from '#ops/testkit/packet-feed.ts';
import { serveWhepPage, type SeenVideo } from '#ops/testkit/whep-page.ts';
import { WhepViewer } from '#ops/testkit/whep-viewer.ts';
import type { CodedPicture } from '../h264/annexb.ts';
import type { Relay, RelayCamera } from './relay.port.ts';
import { VANISHED_AFTER_MS } from './viewed-camera.ts';

export const contractOptions = { listenAddresses: ['127.0.0.1'], maxViewersPerCamera: 3 };

const WRAP = 2 ** 32;
/** Later than any browser begins. */
const WRAPS_AFTER_S = 120;
const FPS = 15;
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

    function openCamera(): WatchedCamera {
      const watched = watchCamera(relay);
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

    it("passes on a viewer's request for a key frame", async () => {
      const { camera, feed, keyFrameRequests } = openCamera();
      const viewer = await join(camera);
      feed.start();
      await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(20), SOON);
      await pause(1_500); // mediasoup asks by itself when a viewer connects, and once more a second later.
      const before = keyFrameRequests();
      await viewer.askForKeyFrame();
      await vi.waitFor(() => expect(keyFrameRequests()).toBeGreaterThan(before), SOON);
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

    describe('in Chromium', () => {
      let clip: CodedPicture[];
      beforeAll(() => {
        const luma = (frame: number, x: number, y: number): number => 40 + ((frame * 6 + x * 90 + y * 90) % 150);
        clip = encodeClip({ widthPx: 320, heightPx: 240, frames: 30, gop: 30, luma });
      });

      it('shows decoded frames with the RTP times they were sent with, across the 32-bit wrap', async () => {
        const viewerCounts: number[] = [];
        const camera = relay.openCamera('cam-clip', {
          onViewers: (viewers) => viewerCounts.push(viewers),
          onKeyFrameRequest: () => undefined,
          newestGop: () => source.newestGop,
        });
        const source = new ClipCamera(clip, FPS, 7 * WRAP - WRAPS_AFTER_S * 90_000, (packet) => {
          camera.write(packet);
        });
        const whep = await serveWhepPage((offer) => camera.addViewer(offer));
        const browser = await launchChromium();
        leftovers.push(
          () => {
            source.stop();
            camera.close();
          },
          () => whep.close(),
          () => browser.close(),
        );
        const startedAtMs = performance.now();
        source.start();
        await pause(1_000); // Into the clip's GOP of 2 s.

        const { page, faults } = await openPage(browser, whep.url);
        const seen = (): Promise<SeenVideo> => page.evaluate('window.seen');
        await vi.waitFor(async () => expect((await seen()).frames.length).toBeGreaterThan(FPS), SOON);
        // However long the browser took to begin, the wrap comes now.
        source.skip(WRAPS_AFTER_S - 2 - Math.ceil((performance.now() - startedAtMs) / 1000));
        await vi.waitFor(
          async () => {
            const { frames, error } = await seen();
            expect(error).toBeNull();
            expect(frames.length).toBeGreaterThan(FPS * 4);
          },
          { timeout: 25_000, interval: 200 },
        );

        const { frames, firstFrameMs } = await seen();
        expect(frames.every(({ rtpTimestamp }) => source.writtenAtMs.has(rtpTimestamp))).toBe(true);
        expect(frames.some(({ rtpTimestamp }) => rtpTimestamp > WRAP / 2)).toBe(true);
        expect(frames.some(({ rtpTimestamp }) => rtpTimestamp < WRAP / 2)).toBe(true);
        expect(frames.every(({ widthPx }) => widthPx === 320)).toBe(true);
        const decoded = await page.evaluate(
          'document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames',
        );
        expect(decoded).toBeGreaterThan(FPS * 4);
        expect(faults).toEqual([]);
        const delays = frames
          .slice(-30)
          .map(({ rtpTimestamp, atMs }) => atMs - (source.writtenAtMs.get(rtpTimestamp) ?? 0));
        // eslint-disable-next-line no-console -- the figure this test is also run for
        console.info(
          `${name}: first frame ${String(Math.round(firstFrameMs ?? 0))} ms after the POST, median delay ${String(median(delays))} ms`,
        );

        // The camera goes away, and comes back ten minutes later on its timeline.
        source.stop();
        await pause(2_000);
        source.skip(600);
        const before = (await seen()).frames.length;
        source.start();
        await vi.waitFor(async () => expect((await seen()).frames.length).toBeGreaterThan(before + FPS), SOON);

        await page.evaluate('peer.close()');
        await vi.waitFor(() => expect(viewerCounts.at(-1)).toBe(0), SOON);
      });
    });
  });
}

interface WatchedCamera {
  readonly camera: RelayCamera;
  readonly feed: PacketFeed;
  readonly viewerCounts: number[];
  readonly keyFrameRequests: () => number;
}

function watchCamera(relay: Relay): WatchedCamera {
  const viewerCounts: number[] = [];
  let requests = 0;
  const camera = relay.openCamera('cam-1', {
    onViewers: (viewers) => viewerCounts.push(viewers),
    onKeyFrameRequest: () => {
      requests += 1;
    },
  });
  const feed = new PacketFeed((packet) => {
    camera.write(packet);
  });
  return { camera, feed, viewerCounts, keyFrameRequests: () => requests };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
