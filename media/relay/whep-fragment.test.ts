import { describe, expect, it } from 'vitest';
import { checkFragment } from './whep-fragment.ts';

const candidate = 'a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host';
const fragment = (ufrag: string): string =>
  `a=ice-ufrag:${ufrag}\r\na=ice-pwd:secret\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n${candidate}\r\n`;

describe('checkFragment', () => {
  it('takes candidates of the session, and the end of them', () => {
    expect(() => {
      checkFragment(fragment('HRZz'), 'HRZz');
    }).not.toThrow();
    expect(() => {
      checkFragment(`a=mid:0\r\n${candidate}`, 'HRZz');
    }).not.toThrow();
    expect(() => {
      checkFragment('a=mid:0\na=end-of-candidates\n', 'HRZz');
    }).not.toThrow();
  });

  it('rejects an ICE restart and what is no fragment', () => {
    expect(() => {
      checkFragment(fragment('other'), 'HRZz');
    }).toThrow('restarts ICE');
    expect(() => {
      checkFragment('hello', 'HRZz');
    }).toThrow('no candidate');
    expect(() => {
      checkFragment(`${candidate}\r\n`.repeat(2_000), 'HRZz');
    }).toThrow('64 KiB');
  });
});
