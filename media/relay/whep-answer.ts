import type { Fingerprint, WhepOffer } from './whep.ts';

/** The relay's half of an ICE session. */
export interface IceParts {
  readonly usernameFragment: string;
  readonly password: string;
  /** All of them: the answer ends the list. */
  readonly candidates: readonly HostCandidate[];
}

/** The relay's half of a viewer's session, ready for the answer. */
export interface AnswerParts extends IceParts {
  readonly fingerprints: readonly Fingerprint[];
  readonly ssrc: number;
  readonly cname: string;
}

export interface HostCandidate {
  readonly foundation: string;
  readonly priority: number;
  readonly address: string;
  readonly port: number;
  readonly protocol: 'udp' | 'tcp';
}

/** The relay waits for the viewer's handshake unless the viewer only waits itself (RFC 8842 section 5.3). */
export function answeredSetup(offer: WhepOffer): 'active' | 'passive' {
  return offer.setup === 'passive' ? 'active' : 'passive';
}

/**
 * The answer: ice-lite, one video that is only sent, under the offer's own payload type (with another number packets
 * arrive and no frame decodes). No header extensions: their ids would have to be the offer's, and nothing here needs
 * one, as the SSRC is announced and bandwidth estimation has no second layer to fall back to.
 */
export function buildWhepAnswer(offer: WhepOffer, parts: AnswerParts): string {
  return [
    'v=0',
    `o=- ${String(parts.ssrc)} 1 IN IP4 127.0.0.1`,
    's=-',
    't=0 0',
    'a=ice-lite',
    ...(offer.isBundled ? [`a=group:BUNDLE ${offer.mid}`] : []),
    'a=msid-semantic: WMS *',
    ...offer.sections.flatMap((section) =>
      section.isAnswered
        ? videoSection(offer, parts)
        : [
            `m=${section.type} 0 ${section.protocol} ${section.formats}`,
            'c=IN IP4 0.0.0.0',
            ...(section.mid === null ? [] : [`a=mid:${section.mid}`]),
            'a=inactive',
          ],
    ),
    '',
  ].join('\r\n');
}

function videoSection(offer: WhepOffer, parts: AnswerParts): string[] {
  const { h264 } = offer;
  const payloadType = String(h264.payloadType);
  const ssrc = String(parts.ssrc);
  const [first] = parts.candidates;
  return [
    `m=video ${String(first?.port ?? 9)} UDP/TLS/RTP/SAVPF ${payloadType}`,
    `c=IN ${addressOf(first?.address ?? '0.0.0.0')}`,
    `a=mid:${offer.mid}`,
    'a=sendonly',
    `a=ice-ufrag:${parts.usernameFragment}`,
    `a=ice-pwd:${parts.password}`,
    ...parts.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${answeredSetup(offer)}`,
    'a=rtcp-mux',
    'a=rtcp-rsize',
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} ${h264.levelAsymmetryAllowed ? 'level-asymmetry-allowed=1;' : ''}packetization-mode=1;profile-level-id=${h264.profileLevelId}`,
    ...(h264.nack ? [`a=rtcp-fb:${payloadType} nack`] : []),
    ...(h264.pictureLoss ? [`a=rtcp-fb:${payloadType} nack pli`] : []),
    `a=msid:${parts.cname} video`,
    `a=ssrc:${ssrc} cname:${parts.cname}`,
    `a=ssrc:${ssrc} msid:${parts.cname} video`,
    ...parts.candidates.map(candidateLine),
    'a=end-of-candidates',
  ];
}

export function candidateLine(candidate: HostCandidate): string {
  const { foundation, protocol, priority, address, port } = candidate;
  const tcp = protocol === 'tcp' ? ' tcptype passive' : '';
  return `a=candidate:${foundation} 1 ${protocol} ${String(priority)} ${address} ${String(port)} typ host${tcp}`;
}

function addressOf(address: string): string {
  return `${address.includes(':') ? 'IP6' : 'IP4'} ${address}`;
}
