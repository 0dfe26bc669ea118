import { describe, expect, it } from 'vitest';
import { ChannelsByType } from './channels-by-type.ts';
import type { RelayPacket } from './relay.port.ts';

const packet: RelayPacket = { payload: Buffer.of(0x67), marker: true, rtpTimestamp: 0 };

class FakeChannel {
  sent = 0;
  isClosed = false;
  send(): void {
    this.sent += 1;
  }
  close(): void {
    this.isClosed = true;
  }
}

describe('ChannelsByType', () => {
  it('opens a channel once for all who ask at the same time, and closes it after the last', async () => {
    let opened = 0;
    const channels = new ChannelsByType(8, () => {
      opened += 1;
      return Promise.resolve(new FakeChannel());
    });
    const [one, two] = await Promise.all([channels.acquire(108), channels.acquire(108)]);
    expect(opened).toBe(1);
    expect(one.channel).toBe(two.channel);
    channels.send(packet);
    one.release();
    expect(two.channel.isClosed).toBe(false);
    two.release();
    channels.send(packet);
    expect(two.channel).toMatchObject({ isClosed: true, sent: 1 });
  });

  it('opens another after a failure, and does not count it against the limit', async () => {
    let failures = 1;
    const channels = new ChannelsByType(1, () => {
      failures -= 1;
      return failures < 0 ? Promise.resolve(new FakeChannel()) : Promise.reject(new Error('no'));
    });
    await expect(channels.acquire(96)).rejects.toThrow('no');
    await expect(channels.acquire(97)).resolves.toBeDefined();
    await expect(channels.acquire(98)).rejects.toMatchObject({ code: 'relay.viewer-limit' });
    await expect(channels.acquire(97)).resolves.toBeDefined();
  });
});
