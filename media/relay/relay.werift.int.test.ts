import { expect, it, vi } from 'vitest';
import { PacketFeed } from '#ops/testkit/packet-feed.ts';
import { WhepViewer } from '#ops/testkit/whep-viewer.ts';
import { contractOptions, describeRelay } from './relay.contract.ts';
import { openWeriftRelay } from './relay.werift.ts';

describeRelay('werift', () => Promise.resolve(openWeriftRelay(contractOptions)));

for (const [what, payloadBytes, expected] of [
  ['sends a newcomer the pictures since the newest key frame, then what follows, without a gap', 900, 'the GOP'],
  ['lets a newcomer wait for the next key frame when they are too many', 8_000, 'the next'],
] as const) {
  it(what, async () => {
    const relay = openWeriftRelay(contractOptions);
    const gop = Array.from({ length: 200 }, (_, i) => {
      const payload = Buffer.alloc(payloadBytes, i);
      payload[0] = i === 0 ? 0x67 : 0x41;
      return { payload, marker: true, rtpTimestamp: i };
    });
    let keyFrameRequests = 0;
    const camera = relay.openCamera('cam-1', {
      onViewers: () => undefined,
      onKeyFrameRequest: () => {
        keyFrameRequests += 1;
      },
      newestGop: () => gop,
    });
    const feed = new PacketFeed((packet) => {
      camera.write(packet);
    });
    const viewer = await WhepViewer.open((offer) => camera.addViewer(offer));
    await vi.waitFor(() => expect(camera.viewers()[0]?.connected).toBe(true), { timeout: 10_000 });
    feed.start(5);
    await vi.waitFor(() => expect(viewer.packets.length).toBeGreaterThan(expected === 'the GOP' ? 210 : 40), {
      timeout: 10_000,
    });
    feed.stop();
    const [first] = viewer.packets;
    const times = viewer.packets.slice(0, 201).map(({ timestamp }) => timestamp);
    const numbers = viewer.packets.map(({ sequenceNumber }) => sequenceNumber);
    expect(numbers).toEqual(numbers.map((_, i) => ((first?.sequenceNumber ?? 0) + i) % 2 ** 16));
    if (expected === 'the GOP') {
      expect(times).toEqual([...gop.map(({ rtpTimestamp }) => rtpTimestamp), feed.sent[0]?.rtpTimestamp]);
      expect(keyFrameRequests).toBe(0);
    } else {
      expect(first?.timestamp).toBe(feed.sent[5]?.rtpTimestamp);
      expect(keyFrameRequests).toBe(1);
    }
    await viewer.close();
    await relay.close();
  });
}
