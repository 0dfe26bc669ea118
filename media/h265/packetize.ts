import { packetizeAs, type PayloadFormat, type RtpPayload } from '../h264/packetize.ts';
import { HEADER_BYTES, NAL, nalType } from './nal-unit.ts';

const FU_HEADER_BYTES = 1;

/**
 * A picture as RTP payloads (RFC 7798): small NAL units share an aggregation packet, large ones become fragmentation
 * units. Delimiters and filler are left out.
 */
export function packetizeH265(nalUnits: readonly Buffer[], maxPayloadBytes: number): RtpPayload[] {
  return packetizeAs(H265, nalUnits, maxPayloadBytes);
}

function isWorthSending(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return nalUnit.length > 0 && type !== NAL.accessUnitDelimiter && type !== NAL.filler;
}

/** Section 4.4.2; its layer and temporal id are the least of what it carries, here the base layer's first. */
function aggregate(nalUnits: readonly Buffer[]): Buffer {
  const header = Buffer.from([NAL.aggregate << 1, 1]);
  return Buffer.concat([
    header,
    ...nalUnits.flatMap((nalUnit) => [Buffer.from([nalUnit.length >> 8, nalUnit.length & 0xff]), nalUnit]),
  ]);
}

/** Section 4.4.3. */
function fragment(nalUnit: Buffer, maxPayloadBytes: number): Buffer[] {
  const [first = 0, second = 0] = nalUnit;
  const body = nalUnit.subarray(HEADER_BYTES);
  const pieceBytes = maxPayloadBytes - HEADER_BYTES - FU_HEADER_BYTES;
  const payloads: Buffer[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) {
    const isLast = at + pieceBytes >= body.length;
    const flags = (at === 0 ? 0x80 : 0) | (isLast ? 0x40 : 0);
    const header = Buffer.from([(first & 0x81) | (NAL.fragment << 1), second, flags | nalType(nalUnit)]);
    payloads.push(Buffer.concat([header, body.subarray(at, at + pieceBytes)]));
  }
  return payloads;
}

const H265: PayloadFormat = { headerBytes: HEADER_BYTES, isWorthSending, aggregate, fragment };
