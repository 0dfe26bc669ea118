import { parse } from 'sdp-transform';
import { describe, expect, it } from 'vitest';
import { chromiumOffer, firefoxOffer } from '#ops/testkit/whep-offers.ts';
import { buildWhepAnswer, type AnswerParts } from './whep-answer.ts';
import { parseWhepOffer } from './whep.ts';

const parts: AnswerParts = {
  usernameFragment: 'ours',
  password: 'oursoursoursoursoursours',
  fingerprints: [{ algorithm: 'sha-256', value: 'AB:CD' }],
  candidates: [
    { foundation: 'udpcandidate', priority: 1_076_302_079, address: '192.0.2.1', port: 40_000, protocol: 'udp' },
    { foundation: 'tcpcandidate', priority: 1_076_276_479, address: '2001:db8::1', port: 40_001, protocol: 'tcp' },
  ],
  ssrc: 4_000_000_001,
  cname: 'cam-1',
};

const answerTo = (sdp: string): string => buildWhepAnswer(parseWhepOffer(sdp), parts);

describe('buildWhepAnswer', () => {
  it('sends one H.264 video under the number and profile of the offer', () => {
    const [video] = parse(answerTo(chromiumOffer)).media;
    expect(video).toMatchObject({
      type: 'video',
      payloads: 108,
      direction: 'sendonly',
      rtp: [{ payload: 108, codec: 'H264', rate: 90000 }],
      fmtp: [{ payload: 108, config: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f' }],
      rtcpMux: 'rtcp-mux',
      rtcpRsize: 'rtcp-rsize',
      ssrcs: [
        { id: 4_000_000_001, attribute: 'cname', value: 'cam-1' },
        { id: 4_000_000_001, attribute: 'msid', value: 'cam-1 video' },
      ],
    });
    expect(video?.rtcpFb).toEqual([
      { payload: 108, type: 'nack' },
      { payload: 108, type: 'nack', subtype: 'pli' },
    ]);
    expect(video?.ext).toBeUndefined();
  });

  it('is ice-lite, with all candidates in it', () => {
    const answer = parse(answerTo(chromiumOffer));
    expect(answer.icelite).toBe('ice-lite');
    const [video] = answer.media;
    expect(video).toMatchObject({ iceUfrag: 'ours', port: 40_000, connection: { version: 4, ip: '192.0.2.1' } });
    expect(video?.candidates).toMatchObject([
      { transport: 'udp', ip: '192.0.2.1', port: 40_000, type: 'host' },
      { transport: 'tcp', ip: '2001:db8::1', port: 40_001, type: 'host', tcptype: 'passive' },
    ]);
    expect(video?.endOfCandidates).toBe('end-of-candidates');
  });

  it('waits for the handshake unless the viewer waits for it too', () => {
    const setup = (offered: string): string | undefined =>
      parse(answerTo(chromiumOffer.replace('a=setup:actpass', `a=setup:${offered}`))).media[0]?.setup;
    expect([setup('actpass'), setup('active'), setup('passive')]).toEqual(['passive', 'passive', 'active']);
  });

  it('refuses what else is offered, in its place, and leaves it out of the bundle', () => {
    const answer = parse(answerTo(firefoxOffer));
    expect(answer.media.map(({ type, port, mid }) => [type, port === 0, String(mid)])).toEqual([
      ['audio', true, '0'],
      ['video', false, '1'],
      ['application', true, '2'],
    ]);
    expect(answerTo(firefoxOffer)).toContain('\r\na=group:BUNDLE 1\r\n');
  });

  it('promises only the feedback the viewer offered', () => {
    const offer = chromiumOffer.replace('a=rtcp-fb:108 nack pli\r\n', '');
    expect(parse(answerTo(offer)).media[0]?.rtcpFb).toEqual([{ payload: 108, type: 'nack' }]);
  });
});
