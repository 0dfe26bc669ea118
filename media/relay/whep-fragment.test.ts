import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { chromiumOffer } from '#ops/testkit/whep-offers.ts';
import { buildRestartFragment, readFragment } from './whep-fragment.ts';
import { parseWhepOffer } from './whep.ts';

const candidate = 'a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host';
const fragment = (ufrag: string, password = 'secret'): string =>
  `a=ice-ufrag:${ufrag}\r\na=ice-pwd:${password}\r\nm=video 9 UDP/TLS/RTP/SAVPF 0\r\na=mid:0\r\n${candidate}\r\n`;

describe('readFragment', () => {
  it('takes candidates of the session, and the end of them', () => {
    expect(readFragment(fragment('HRZz'), 'HRZz')).toBeNull();
    expect(readFragment(`a=mid:0\r\n${candidate}`, 'HRZz')).toBeNull();
    expect(readFragment('a=mid:0\na=end-of-candidates\n', 'HRZz')).toBeNull();
  });

  it('takes other credentials for an ICE restart, with candidates or without', () => {
    expect(readFragment(fragment('ysXw', 'vw5L/+'), 'HRZz')).toEqual({ usernameFragment: 'ysXw', password: 'vw5L/+' });
    expect(readFragment('m=video 9 X 0\r\na=ice-ufrag:ysXw\r\na=ice-pwd:vw5L\r\n', 'HRZz')).not.toBeNull();
  });

  it.each([
    ['half a restart', 'a=ice-ufrag:ysXw\r\n', 'a=ice-pwd'],
    ['a restart with a broken password', fragment('ysXw', 'a b'), 'a=ice-pwd'],
    ['a restart with a broken user', fragment('ä'), 'a=ice-ufrag'],
    ['what is no fragment', 'hello', 'no candidate'],
    ['too much', `${candidate}\r\n`.repeat(2_000), '64 KiB'],
  ])('rejects %s, and says so', (_what, broken, reason) => {
    expect(() => readFragment(broken, 'HRZz')).toThrow(
      expect.objectContaining({ code: 'relay.fragment-rejected', message: expect.stringContaining(reason) as string }),
    );
  });

  it('never fails in another way, however a fragment is mangled', () => {
    const lines = fragment('ysXw').split('\r\n');
    const mangled = fc
      .array(fc.record({ at: fc.nat(lines.length - 1), line: fc.oneof(fc.string(), fc.constantFrom(...lines)) }))
      .map((edits) => edits.reduce((text, { at, line }) => text.with(at, line), lines).join('\r\n'));
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string()), (text) => {
        try {
          readFragment(text, 'HRZz');
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: 'relay.fragment-rejected' });
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('buildRestartFragment', () => {
  it("holds the relay's new half for the video the offer asked for", () => {
    const parts = {
      usernameFragment: '289b31b7',
      password: '0b66f472495ef0cc',
      candidates: [{ foundation: 'f', priority: 9, address: '192.0.2.1', port: 4000, protocol: 'tcp' as const }],
    };
    expect(buildRestartFragment(parseWhepOffer(chromiumOffer), parts).split('\r\n')).toEqual([
      'a=ice-lite',
      'a=group:BUNDLE 0',
      'm=video 9 UDP/TLS/RTP/SAVPF 108',
      'a=mid:0',
      'a=ice-ufrag:289b31b7',
      'a=ice-pwd:0b66f472495ef0cc',
      'a=candidate:f 1 tcp 9 192.0.2.1 4000 typ host tcptype passive',
      'a=end-of-candidates',
      '',
    ]);
  });
});
