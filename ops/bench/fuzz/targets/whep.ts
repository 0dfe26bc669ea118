import { buildWhepAnswer } from '#media/relay/whep-answer.ts';
import { readFragment } from '#media/relay/whep-fragment.ts';
import { parseWhepOffer } from '#media/relay/whep.ts';
import { chromiumOffer, firefoxOffer } from '#ops/testkit/whep-offers.ts';
import { corpusOf } from '../corpus.ts';
import { floodOf, promise, refusingWith, type FuzzTarget, type Pieces } from '../fuzz-target.ts';

const words = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text));
const lines = (text: string): Pieces => text.split(/(?<=\n)/).map((line) => Buffer.from(line));

/** The greatest offer that is looked at, and a little more. */
const MAX_BYTES = 66 * 1024;

export const whepOffer: FuzzTarget = {
  name: 'whep-offer',
  corpus: [lines(chromiumOffer), lines(firefoxOffer), ...corpusOf('whep-offer')],
  floods: words('a=\r\n', '\n', 'm=\r\n', 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n', 'a=mid:1\r\n').map((line) => [
    ...lines(chromiumOffer),
    floodOf(line, 60 * 1024),
  ]),
  dictionary: [
    ...words(
      '\r\n',
      '\n',
      ':',
      ';',
      '=',
      ' ',
      '/',
      '\0',
      'é',
      '__proto__',
      'm=video 9 UDP/TLS/RTP/SAVPF ',
      'a=mid:',
      'a=rtpmap:',
    ),
    ...words(
      'H264/90000',
      'a=fmtp:',
      'packetization-mode=1',
      'profile-level-id=',
      'a=rtcp-fb:',
      'a=ice-ufrag:',
      'a=ice-pwd:',
    ),
    ...words(
      'a=fingerprint:',
      'a=setup:',
      'a=group:BUNDLE ',
      'a=candidate:',
      'a=extmap:',
      'a=ssrc:',
      'a=rid:',
      'a=simulcast:',
    ),
    ...words('a=crypto:', 'a=imageattr:', 'a=sctpmap:', 'a=msid:', 'a=ssrc-group:', 'a=source-filter: incl IN IP4 '),
  ],
  maxBytes: MAX_BYTES,
  open: () => (pieces) =>
    refusingWith('relay.offer-rejected', () => {
      const offer = parseWhepOffer(Buffer.concat(pieces).toString('utf8'));
      const answer = buildWhepAnswer(offer, {
        usernameFragment: 'ufrag',
        password: 'password-of-the-relay',
        fingerprints: [{ algorithm: 'sha-256', value: '7A:B2' }],
        candidates: [{ foundation: '1', priority: 1, address: '127.0.0.1', port: 4000, protocol: 'udp' }],
        ssrc: 1,
        cname: 'camera',
      });
      const answered = answer.split('\r\n').filter((line) => line.startsWith('m='));
      promise(answered.length === offer.sections.length, 'an answer has as many m-sections as its offer');
      promise(!/[^\r]\n|\r[^\n]/.test(answer), 'an answer is made of whole lines');
      promise(!answer.includes('\0'), 'an answer is text');
    }),
};

export const whepFragment: FuzzTarget = {
  name: 'whep-fragment',
  corpus: corpusOf('whep-fragment'),
  dictionary: words('\r\n', '\n', 'a=candidate:', 'a=end-of-candidates', 'a=ice-ufrag:', 'a=ice-pwd:', 'a=mid:', 'm='),
  maxBytes: MAX_BYTES,
  open: () => (pieces) =>
    refusingWith('relay.fragment-rejected', () => {
      const restart = readFragment(Buffer.concat(pieces).toString('utf8'), 'HRZz');
      promise(
        restart === null || /^[!-~]+$/.test(restart.usernameFragment + restart.password),
        'credentials fit a line',
      );
    }),
};
