import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { chromiumOffer, firefoxOffer } from '#ops/testkit/whep-offers.ts';
import { parseWhepOffer } from './whep.ts';

describe('parseWhepOffer', () => {
  it("finds in Chromium's offer its constrained baseline payload type with packetization-mode 1", () => {
    const offer = parseWhepOffer(chromiumOffer);
    expect(offer.h264).toEqual({
      payloadType: 108,
      profileLevelId: '42e01f',
      levelAsymmetryAllowed: true,
      nack: true,
      pictureLoss: true,
    });
    expect(offer).toMatchObject({
      mid: '0',
      setup: 'actpass',
      usernameFragment: 'HRZz',
      password: 'PWw6b1wWejoINwHOskLZzaQc',
      isBundled: true,
    });
    expect(offer.fingerprints).toEqual([
      { algorithm: 'sha-256', value: expect.stringMatching(/^7A:B2:.*:3F$/) as string },
    ]);
  });

  it("finds in Firefox's offer the video behind the audio, its fingerprint on the session, its feedback for all", () => {
    const offer = parseWhepOffer(firefoxOffer);
    expect(offer.mid).toBe('1');
    expect(offer.h264).toMatchObject({ payloadType: 126, profileLevelId: '42e01f', nack: true, pictureLoss: true });
    expect(offer.sections.map(({ type, isAnswered }) => [type, isAnswered])).toEqual([
      ['audio', false],
      ['video', true],
      ['application', false],
    ]);
  });

  it('takes plain baseline where there is no constrained baseline', () => {
    const offer = parseWhepOffer(chromiumOffer.replaceAll('42e01f', '64001f'));
    expect(offer.h264).toMatchObject({ payloadType: 102, profileLevelId: '42001f' });
  });

  it('takes any level of the profile, and none given for the default', () => {
    expect(parseWhepOffer(chromiumOffer.replaceAll('42e01f', '42e034')).h264.profileLevelId).toBe('42e034');
    expect(parseWhepOffer(chromiumOffer.replaceAll(';profile-level-id=42e01f', '')).h264.payloadType).toBe(108);
  });

  it.each([
    ['no H.264 at all', (sdp: string) => sdp.replaceAll('H264/', 'VP8/'), 'no H.264'],
    ['only packetization-mode 0', (sdp: string) => sdp.replaceAll('mode=1', 'mode=0'), 'no H.264'],
    ['only High', (sdp: string) => sdp.replaceAll(/42(e0|00)1f/gi, '64001f'), 'no H.264'],
    ['no video', (sdp: string) => sdp.replaceAll('m=video', 'm=audio'), 'asks for no video'],
    ['video it wants to send', (sdp: string) => sdp.replaceAll('a=recvonly', 'a=sendonly'), 'does not receive'],
    ['plain RTP', (sdp: string) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), 'does not receive'],
    ['refused video', (sdp: string) => sdp.replaceAll('m=video 9', 'm=video 0'), 'does not receive'],
    ['no mid', (sdp: string) => sdp.replaceAll(/a=mid:.*\r\n/g, ''), 'a=mid'],
    ['no ICE user', (sdp: string) => sdp.replaceAll(/a=ice-ufrag:.*\r\n/g, ''), 'a=ice-ufrag'],
    ['a broken ICE password', (sdp: string) => sdp.replaceAll(/a=ice-pwd:.*/g, 'a=ice-pwd:ä'), 'a=ice-pwd'],
    ['no fingerprint', (sdp: string) => sdp.replaceAll(/a=fingerprint:.*\r\n/g, ''), 'a=fingerprint'],
    ['a broken fingerprint', (sdp: string) => sdp.replaceAll('7A:B2', '7A:XX'), 'a=fingerprint'],
    ['a fingerprint that is a number', (sdp: string) => sdp.replaceAll(/(sha-256) .*/g, '$1 5'), 'a=fingerprint'],
    ['a protocol that is a number', (sdp: string) => sdp.replaceAll('UDP/TLS/RTP/SAVPF', '5'), 'does not receive'],
    ['a codec that is a number', (sdp: string) => sdp.replaceAll('H264/', '264/'), 'no H.264'],
    ['parameters that are a number', (sdp: string) => sdp.replaceAll(/(a=fmtp:\d+) .*/g, '$1 5'), 'no H.264'],
    ['no setup', (sdp: string) => sdp.replaceAll(/a=setup:.*\r\n/g, ''), 'a=setup'],
    ['too many sections', (sdp: string) => sdp + 'm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n'.repeat(40), 'm-sections'],
    ['too much of everything', (sdp: string) => sdp + 'a=x\r\n'.repeat(20_000), '64 KiB'],
    ['too many lines', (sdp: string) => sdp + '\n'.repeat(5000), 'lines'],
    ['something else', () => '{"sdp":true}', 'not SDP'],
    ['a byte of nought', (sdp: string) => sdp.replace('RTP/SAVPF', 'RTP/SAVPF \0'), 'not SDP'],
  ])('rejects an offer with %s, and says so', (_what, broken, reason) => {
    for (const sdp of [chromiumOffer, firefoxOffer]) {
      expect(() => parseWhepOffer(broken(sdp))).toThrow(
        expect.objectContaining({ code: 'relay.offer-rejected', message: expect.stringContaining(reason) as string }),
      );
    }
  });

  it('never fails in another way, however an offer is mangled', () => {
    const lines = chromiumOffer.split('\r\n');
    const mangled = fc
      .array(fc.record({ at: fc.nat(lines.length - 1), line: fc.oneof(fc.string(), fc.constantFrom(...lines)) }))
      .map((edits) => edits.reduce((sdp, { at, line }) => sdp.with(at, line), lines).join('\r\n'));
    fc.assert(
      fc.property(fc.oneof(mangled, fc.string()), (sdp) => {
        try {
          expect(parseWhepOffer(sdp).h264.payloadType).toBeGreaterThanOrEqual(0);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          expect(error).toMatchObject({ code: 'relay.offer-rejected' });
        }
      }),
      { numRuns: 500 },
    );
  });
});
