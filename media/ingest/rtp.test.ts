import { describe, expect, it } from 'vitest';
import { parseRtp } from './rtp.ts';

const header = (first: number, second = 0xe0): Buffer =>
  Buffer.from([first, second, 0xff, 0xfe, 0x80, 0, 0, 1, 0xde, 0xad, 0xbe, 0xef]);

describe('parseRtp', () => {
  it('reads a plain packet', () => {
    expect(parseRtp(Buffer.concat([header(0x80), Buffer.from('video')]))).toEqual({
      payloadType: 96,
      marker: true,
      sequenceNumber: 65_534,
      timestamp: 0x80000001,
      ssrc: 0xdeadbeef,
      payload: Buffer.from('video'),
    });
  });

  it('takes contributing sources, extension and padding away', () => {
    const sources = Buffer.alloc(8);
    const extension = Buffer.from([0xbe, 0xde, 0, 1, 1, 2, 3, 4]);
    const padding = Buffer.from([0, 0, 3]);
    const bytes = Buffer.concat([header(0x80 | 0x20 | 0x10 | 2), sources, extension, Buffer.from('video'), padding]);
    expect(parseRtp(bytes)?.payload).toEqual(Buffer.from('video'));
  });

  it.each([
    ['too short', header(0x80).subarray(0, 11)],
    ['another version', header(0x40)],
    ['an extension that is not there', header(0x90)],
    ['more sources than bytes', header(0x8f)],
    ['more padding than bytes', Buffer.concat([header(0xa0), Buffer.from([9])])],
  ])('is null for %s', (_what, bytes) => {
    expect(parseRtp(bytes)).toBeNull();
  });
});
