import { describe, expect, it } from 'vitest';
import type { RelayPacket } from '../relay.port.ts';
import { CameraChannels, type ChannelPlace } from './camera-channels.ts';

const packet: RelayPacket = { payload: Buffer.of(0x67), marker: true, rtpTimestamp: 0 };

class FakeChannel {
  readonly place: ChannelPlace<string, FakeChannel>;
  sent = 0;
  isClosed = false;

  constructor(place: ChannelPlace<string, FakeChannel>) {
    this.place = place;
  }

  send(): void {
    this.sent += 1;
  }

  close(): void {
    this.isClosed = true;
  }
}

function open(maxTypes = 8): { channels: CameraChannels<string, FakeChannel>; opened: FakeChannel[] } {
  const opened: FakeChannel[] = [];
  const channels = new CameraChannels<string, FakeChannel>(maxTypes, (place) => {
    opened.push(new FakeChannel(place));
    return Promise.resolve(opened.at(-1) as FakeChannel);
  });
  return { channels, opened };
}

describe('CameraChannels', () => {
  it('opens a channel once for all who ask at the same time, and closes it after the last', async () => {
    const { channels, opened } = open();
    const [one, two] = await Promise.all([channels.acquire(108, 'a'), channels.acquire(108, 'a')]);
    expect(opened).toHaveLength(1);
    expect(one.value).toBe(two.value);
    channels.send(packet);
    one.release();
    expect(two.value.isClosed).toBe(false);
    two.release();
    channels.send(packet);
    expect(two.value).toMatchObject({ isClosed: true, sent: 1 });
    expect(channels.workersOf(108)).toEqual([]);
  });

  it('feeds the channel on a second worker from the first, which stays for as long', async () => {
    const { channels } = open();
    const home = await channels.acquire(108, 'a');
    const other = await channels.acquire(108, 'b');
    expect(channels.workersOf(108)).toEqual(['a', 'b']);
    expect([home.value.place.home, other.value.place.home]).toEqual([null, home.value]);
    home.release();
    expect(home.value.isClosed).toBe(false);
    other.release();
    expect([other.value.isClosed, home.value.isClosed]).toEqual([true, true]);
  });

  it('opens another in place of one that closed by itself, and closes the old one after its users', async () => {
    const { channels, opened } = open();
    const old = await channels.acquire(108, 'a');
    old.value.place.onClosed();
    expect(channels.workersOf(108)).toEqual([]);
    const young = await channels.acquire(108, 'a');
    expect(opened).toEqual([old.value, young.value]);
    old.release();
    expect([old.value.isClosed, young.value.isClosed]).toEqual([true, false]);
    expect(channels.workersOf(108)).toEqual(['a']);
  });

  it('opens another after a failure, and does not count it against the limit of payload types', async () => {
    let failures = 1;
    const channels = new CameraChannels<string, FakeChannel>(1, (place) => {
      failures -= 1;
      return failures < 0 ? Promise.resolve(new FakeChannel(place)) : Promise.reject(new Error('no'));
    });
    await expect(channels.acquire(96, 'a')).rejects.toThrow('no');
    await expect(channels.acquire(97, 'a')).resolves.toBeDefined();
    await expect(channels.acquire(98, 'a')).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    await expect(channels.acquire(97, 'b')).resolves.toBeDefined();
  });
});
