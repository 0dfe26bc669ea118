import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { chromiumOffer } from '#ops/testkit/whep-offers.ts';
import type { RelayPacket } from './relay.port.ts';
import type { PictureSource } from './own-stream.ts';
import { CONNECT_WITHIN_MS, ViewedCamera } from './viewed-camera.ts';
import type { ConnectionEvents, ViewerConnection } from './viewed-camera.ts';

const packet: RelayPacket = { payload: Buffer.of(0x67), marker: true, rtpTimestamp: 0 };
const figures = {
  packetsSent: 1,
  bytesSent: 2,
  bitsPerSecond: 3,
  packetsLost: 4,
  packetsDropped: 7,
  roundTripMs: 5,
  keyFrameRequests: 6,
};
const candidates = 'a=ice-ufrag:HRZz\r\na=ice-pwd:PWw6b1wWejoINwHOskLZzaQc\r\na=mid:0\r\na=end-of-candidates\r\n';
const restart = candidates.replace('HRZz', 'aB3d');
const answer = { usernameFragment: 'u', password: 'p', fingerprints: [], candidates: [], ssrc: 1, cname: 'c' };

/** Connections that do nothing; the test plays their events. */
class FakeOutlet {
  source: PictureSource | null = null;
  readonly connections: { events: ConnectionEvents; isClosed: boolean }[] = [];
  sent = 0;
  onRestart: ViewerConnection['restartIce'] = () => Promise.resolve(answer);
  duringConnect: (events: ConnectionEvents) => void = () => undefined;

  send(): void {
    this.sent += 1;
  }

  connect(_offer: unknown, events: ConnectionEvents): Promise<ViewerConnection> {
    const connection = { events, isClosed: false };
    this.connections.push(connection);
    this.duringConnect(events);
    return Promise.resolve({
      answer,
      figures: () => figures,
      restartIce: (viewer) => this.onRestart(viewer),
      close: () => {
        connection.isClosed = true;
      },
    });
  }
}

interface Opened {
  readonly camera: ViewedCamera;
  readonly outlet: FakeOutlet;
  readonly counts: number[];
  readonly keyFrames: () => number;
}

function open(maxViewers = 2): Opened {
  const counts: number[] = [];
  let keyFrames = 0;
  const outlet = new FakeOutlet();
  const events = {
    onViewers: (viewers: number) => counts.push(viewers),
    onKeyFrameRequest: () => {
      keyFrames += 1;
    },
  };
  const camera = new ViewedCamera({
    camera: 'cam-1',
    events,
    maxViewers,
    openOutlet: (source) => {
      outlet.source = source;
      return outlet;
    },
    onClosed: () => undefined,
  });
  return { camera, outlet, counts, keyFrames: () => keyFrames };
}

describe('ViewedCamera', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends nothing while nobody watches', async () => {
    const { camera, outlet } = open();
    camera.write(packet);
    expect(outlet.sent).toBe(0);
    const { viewerId } = await camera.addViewer(chromiumOffer);
    camera.write(packet);
    expect(outlet.sent).toBe(1);
    camera.removeViewer(viewerId);
    camera.write(packet);
    expect(outlet.sent).toBe(1);
  });

  it('forgets a viewer that does not connect in time, and keeps one that does', async () => {
    const { camera, outlet, counts } = open();
    await camera.addViewer(chromiumOffer);
    const { viewerId } = await camera.addViewer(chromiumOffer);
    outlet.connections[1]?.events.onConnected();
    vi.advanceTimersByTime(CONNECT_WITHIN_MS - 1);
    expect(counts).toEqual([1, 2]);
    vi.advanceTimersByTime(1);
    expect(counts).toEqual([1, 2, 1]);
    expect(outlet.connections.map(({ isClosed }) => isClosed)).toEqual([true, false]);
    vi.advanceTimersByTime(10 * CONNECT_WITHIN_MS);
    expect(camera.viewers()).toEqual([{ viewerId, connected: true, ...figures }]);
  });

  it('forgets a viewer whose connection ended, once', async () => {
    const { camera, outlet, counts } = open();
    const { viewerId } = await camera.addViewer(chromiumOffer);
    outlet.connections[0]?.events.onGone();
    outlet.connections[0]?.events.onGone();
    expect(counts).toEqual([1, 0]);
    expect(outlet.connections[0]?.isClosed).toBe(true);
    expect(camera.removeViewer('0'.repeat(32))).toBe(false);
    // Its goodbye, which may come after its end.
    expect([camera.removeViewer(viewerId), camera.removeViewer(viewerId)]).toEqual([true, false]);
  });

  it('does not know a viewer any more that never connected, nor one of many that left', async () => {
    const { camera, outlet } = open();
    const { viewerId } = await camera.addViewer(chromiumOffer);
    vi.advanceTimersByTime(CONNECT_WITHIN_MS);
    expect(camera.removeViewer(viewerId)).toBe(false);
    const left: string[] = [];
    for (let i = 0; i < 65; i += 1) {
      left.push((await camera.addViewer(chromiumOffer)).viewerId);
      outlet.connections.at(-1)?.events.onGone();
    }
    expect([camera.removeViewer(left[0] ?? ''), camera.removeViewer(left[1] ?? '')]).toEqual([false, true]);
  });

  it('refuses a viewer that was gone before it was answered, and keeps nothing of it', async () => {
    const { camera, outlet, counts } = open();
    outlet.duringConnect = (events) => {
      events.onGone();
    };
    await expect(camera.addViewer(chromiumOffer)).rejects.toMatchObject({ code: 'relay.unavailable' });
    expect(outlet.connections[0]?.isClosed).toBe(true);
    expect(counts).toEqual([]);
  });

  it('counts viewers that are still joining against the limit', async () => {
    const { camera } = open(1);
    const joining = camera.addViewer(chromiumOffer);
    await expect(camera.addViewer(chromiumOffer)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    await joining;
  });

  it('takes candidates for the ICE session they name and for no other', async () => {
    const { camera } = open();
    const { viewerId, iceTag } = await camera.addViewer(chromiumOffer);
    await expect(camera.updateIce(viewerId, candidates, [iceTag])).resolves.toBeNull();
    await expect(camera.updateIce(viewerId, candidates, ['other', iceTag])).resolves.toBeNull();
    await expect(camera.updateIce(viewerId, candidates, ['*'])).resolves.toBeNull();
    await expect(camera.updateIce(viewerId, candidates, ['other'])).rejects.toMatchObject({
      code: 'relay.ice-session-changed',
    });
    await expect(camera.updateIce(viewerId, candidates, null)).rejects.toMatchObject({
      code: 'relay.ice-session-not-named',
    });
  });

  it('restarts ICE under a new tag, and then refuses what was meant for the old session', async () => {
    const { camera } = open();
    const { viewerId, iceTag } = await camera.addViewer(chromiumOffer);
    const restarted = await camera.updateIce(viewerId, restart, ['*']);
    expect(restarted?.iceTag).not.toBe(iceTag);
    expect(restarted?.fragment).toContain('a=ice-ufrag:u\r\na=ice-pwd:p\r\n');
    await expect(camera.updateIce(viewerId, candidates, [iceTag])).rejects.toMatchObject({
      code: 'relay.ice-session-changed',
    });
    await expect(camera.updateIce(viewerId, restart, [restarted?.iceTag ?? ''])).resolves.toBeNull();
  });

  it('keeps the session as it was when its ICE cannot be restarted', async () => {
    const { camera, outlet } = open();
    outlet.onRestart = () => Promise.reject(new Error('no'));
    const { viewerId, iceTag } = await camera.addViewer(chromiumOffer);
    await expect(camera.updateIce(viewerId, restart, ['*'])).rejects.toMatchObject({ code: 'relay.unavailable' });
    expect(camera.viewers()).toHaveLength(1);
    await expect(camera.updateIce(viewerId, candidates, [iceTag])).resolves.toBeNull();
  });

  it('finds no viewer that ended while its ICE restarted', async () => {
    const { camera, outlet } = open();
    const { viewerId } = await camera.addViewer(chromiumOffer);
    outlet.onRestart = () => {
      camera.removeViewer(viewerId);
      return Promise.resolve(answer);
    };
    await expect(camera.updateIce(viewerId, restart, ['*'])).rejects.toMatchObject({ code: 'relay.viewer-not-found' });
  });

  it('passes on one request for a key frame of many that come at once, and counts all', () => {
    const { camera, outlet, keyFrames } = open();
    for (let i = 0; i < 5; i += 1) outlet.source?.onKeyFrameRequest();
    expect(keyFrames()).toBe(1);
    expect(camera.keyFrameRequests()).toEqual({ asked: 5, passedOn: 1 });
  });

  it('closes the connection of a viewer that was joining when the camera closed', async () => {
    const { camera, outlet, counts } = open();
    const joining = camera.addViewer(chromiumOffer);
    camera.close();
    await expect(joining).rejects.toMatchObject({ code: 'relay.unavailable' });
    expect(outlet.connections[0]?.isClosed).toBe(true);
    expect(counts).toEqual([]);
  });
});
