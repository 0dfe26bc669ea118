import type { AccessUnit } from '../packet.ts';
import { NAL, nalType } from './nal-unit.ts';

/** One RTP payload of a picture; `marker` is set on the picture's last (RFC 6184 section 5.1). */
export interface RtpPayload {
  readonly payload: Buffer;
  readonly marker: boolean;
}

/** Fits a 1,200-byte datagram with RTP header, header extensions and the SRTP tag around it, as browsers send it. */
export const WEBRTC_PAYLOAD_BYTES = 1150;

const FU_HEADER_BYTES = 2;
const AGGREGATE_HEADER_BYTES = 1;
const SIZE_FIELD_BYTES = 2;

/** How a codec puts NAL units into RTP payloads. */
export interface PayloadFormat {
  /** What an aggregate takes before its first NAL unit. */
  readonly headerBytes: number;
  readonly isWorthSending: (nalUnit: Buffer) => boolean;
  readonly aggregate: (nalUnits: readonly Buffer[], bytes: number) => Buffer;
  readonly fragment: (nalUnit: Buffer, maxPayloadBytes: number) => Buffer[];
}

/** Small NAL units share a payload, in their order, and large ones are cut into fragments. */
export function packetizeAs(format: PayloadFormat, nalUnits: readonly Buffer[], maxPayloadBytes: number): RtpPayload[] {
  const payloads: Buffer[] = [];
  let waiting: Buffer[] = [];
  let waitingBytes = format.headerBytes;
  const flush = (): void => {
    const [only] = waiting;
    if (only !== undefined) payloads.push(waiting.length === 1 ? only : format.aggregate(waiting, waitingBytes));
    waiting = [];
    waitingBytes = format.headerBytes;
  };
  for (const nalUnit of nalUnits) {
    if (!format.isWorthSending(nalUnit)) continue;
    const fits = nalUnit.length <= maxPayloadBytes;
    if (!fits || waitingBytes + SIZE_FIELD_BYTES + nalUnit.length > maxPayloadBytes) flush();
    if (fits) {
      waiting.push(nalUnit);
      waitingBytes += SIZE_FIELD_BYTES + nalUnit.length;
    } else {
      payloads.push(...format.fragment(nalUnit, maxPayloadBytes));
    }
  }
  flush();
  return payloads.map((payload, index) => ({ payload, marker: index === payloads.length - 1 }));
}

/**
 * A picture as RTP payloads (RFC 6184, packetization-mode 1): small NAL units share a STAP-A, large ones become FU-A
 * fragments, so parameter sets stay in front of their IDR. Access unit delimiters and filler are left out: RTP marks
 * pictures itself, and both only cost bandwidth.
 */
export function packetize(nalUnits: readonly Buffer[], maxPayloadBytes: number = WEBRTC_PAYLOAD_BYTES): RtpPayload[] {
  return packetizeAs(H264, nalUnits, maxPayloadBytes);
}

/**
 * An assembled picture ready for the relay: its RTP time is the camera timeline's ticks modulo 2^32. The picture's
 * parameter sets come first, which is how mediasoup knows a key frame (a packet that carries an SPS).
 */
export function packetizeUnit(
  unit: AccessUnit,
  maxPayloadBytes: number = WEBRTC_PAYLOAD_BYTES,
): (RtpPayload & { readonly rtpTimestamp: number })[] {
  const rtpTimestamp = unit.ticks90k % 2 ** 32;
  return packetize(unit.nalUnits, maxPayloadBytes).map((payload) => ({ ...payload, rtpTimestamp }));
}

function isWorthSending(nalUnit: Buffer): boolean {
  const type = nalType(nalUnit);
  return nalUnit.length > 0 && type !== NAL.accessUnitDelimiter && type !== NAL.filler;
}

/** STAP-A (section 5.7.1): its F bit is the OR, its NRI the greatest of what it carries. */
function aggregate(nalUnits: readonly Buffer[], bytes: number): Buffer {
  const payload = Buffer.allocUnsafe(bytes);
  let forbidden = 0;
  let refIdc = 0;
  let at = AGGREGATE_HEADER_BYTES;
  for (const nalUnit of nalUnits) {
    const header = nalUnit.readUInt8(0);
    forbidden |= header & 0x80;
    refIdc = Math.max(refIdc, header & 0x60);
    payload.writeUInt16BE(nalUnit.length, at);
    nalUnit.copy(payload, at + SIZE_FIELD_BYTES);
    at += SIZE_FIELD_BYTES + nalUnit.length;
  }
  payload.writeUInt8(forbidden | refIdc | NAL.stapA, 0);
  return payload;
}

/** FU-A fragments of nearly equal size (section 5.8); the NAL unit's own header byte travels in theirs. */
function fragment(nalUnit: Buffer, maxPayloadBytes: number): Buffer[] {
  const header = nalUnit.readUInt8(0);
  const body = nalUnit.subarray(1);
  const pieces = Math.ceil(body.length / (maxPayloadBytes - FU_HEADER_BYTES));
  const pieceBytes = Math.ceil(body.length / pieces);
  const payloads: Buffer[] = [];
  for (let at = 0; at < body.length; at += pieceBytes) {
    const piece = body.subarray(at, at + pieceBytes);
    const payload = Buffer.allocUnsafe(FU_HEADER_BYTES + piece.length);
    const startBit = at === 0 ? 0x80 : 0;
    const endBit = at + pieceBytes >= body.length ? 0x40 : 0;
    payload.writeUInt8((header & 0xe0) | NAL.fuA, 0);
    payload.writeUInt8(startBit | endBit | nalType(nalUnit), 1);
    piece.copy(payload, FU_HEADER_BYTES);
    payloads.push(payload);
  }
  return payloads;
}

const H264: PayloadFormat = { headerBytes: AGGREGATE_HEADER_BYTES, isWorthSending, aggregate, fragment };
