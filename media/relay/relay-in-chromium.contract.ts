import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { serveWhepPage, type SeenVideo } from '#ops/testkit/whep-page.ts';
import type { CodedPicture } from '../h264/annexb.ts';
import type { Relay } from './relay.port.ts';

const WRAP = 2 ** 32;
/** Later than any browser begins. */
const WRAPS_AFTER_S = 120;
const FPS = 15;
const SOON = { timeout: 20_000, interval: 50 };

/** What a browser must show of any relay. */
export function describeRelayInChromium(name: string, relay: () => Relay): void {
  describe('in Chromium', () => {
    let clip: CodedPicture[];
    const leftovers: (() => Promise<void> | void)[] = [];
    afterEach(async () => {
      for (const free of leftovers.splice(0).reverse()) await free();
    });
    beforeAll(() => {
      const luma = (frame: number, x: number, y: number): number => 40 + ((frame * 6 + x * 90 + y * 90) % 150);
      clip = encodeClip({ widthPx: 320, heightPx: 240, frames: 30, gop: 30, luma });
    });

    it('shows decoded frames with the RTP times they were sent with, across the 32-bit wrap', async () => {
      const viewerCounts: number[] = [];
      const camera = relay().openCamera('cam-clip', {
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
          expect(frames.at(-1)?.rtpTimestamp).toBeLessThan(WRAP / 2);
        },
        { timeout: 25_000, interval: 200 },
      );

      const { frames, firstFrameMs } = await seen();
      expect(frames.every(({ rtpTimestamp }) => source.writtenAtMs.has(rtpTimestamp))).toBe(true);
      expect(frames.some(({ rtpTimestamp }) => rtpTimestamp > WRAP / 2)).toBe(true);
      expect(frames.every(({ widthPx }) => widthPx === 320)).toBe(true);
      const decoded = await page.evaluate('document.querySelector("video").getVideoPlaybackQuality().totalVideoFrames');
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
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}
