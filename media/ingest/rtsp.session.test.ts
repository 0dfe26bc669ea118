import { describe, expect, it } from 'vitest';
import { channels, parseSession } from './rtsp.session.ts';

describe('channels', () => {
  it.each([
    ['RTP/AVP/TCP;unicast;interleaved=0-1', [0, 1]],
    ['RTP/AVP/TCP;unicast;interleaved=10-11;ssrc=10117CB7', [10, 11]],
    ['RTP/AVP/TCP;unicast;destination=192.168.1.111;source=192.168.1.222;interleaved=4', [4, 5]],
    ['RTP/AVP;unicast;interleaved=0-1', [0, 1]],
    ['RTP/AVP/TCP;unicast', [0, 1]],
    [null, [0, 1]],
  ])('reads %s', (transport, expected) => {
    expect(channels(transport)).toEqual(expected);
  });

  it('refuses UDP and channels that do not exist', () => {
    expect(() => channels('RTP/AVP;unicast;client_port=1-2')).toThrow(
      expect.objectContaining({ code: 'camera.refused-request' }),
    );
    expect(() => channels('RTP/AVP/TCP;interleaved=255')).toThrow(
      expect.objectContaining({ code: 'camera.protocol-violation' }),
    );
    expect(() => channels('RTP/AVP/TCP;interleaved=3-3')).toThrow(
      expect.objectContaining({ code: 'camera.protocol-violation' }),
    );
  });
});

describe('parseSession', () => {
  it.each([
    ['12345678;timeout=30', '12345678', 30_000],
    [' abc ; Timeout = 90 ', 'abc', 90_000],
    ['abc', 'abc', 60_000],
    ['abc;timeout=0', 'abc', 60_000],
    ['abc;timeout=1', 'abc', 2_000],
    ['abc;timeout=999999', 'abc', 3_600_000],
    [null, null, 60_000],
  ])('reads %j', (header, id, timeoutMs) => {
    expect(parseSession(header)).toEqual({ id, timeoutMs });
  });
});
