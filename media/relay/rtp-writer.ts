import { randomInt } from 'node:crypto';
import type { RelayPacket } from './relay.port.ts';

const RTP_HEADER_BYTES = 12;
const VERSION_2 = 0x80;
const MARKER = 0x80;

/**
 * One outgoing RTP stream (RFC 3550 section 5.1). SSRC and sequence belong to it, whatever becomes of the camera's
 * session: a gap in the camera's time is a gap in RTP time and none in the numbering, so a viewer neither asks for
 * packets that never were nor takes the camera for a new one.
 */
export class RtpWriter {
  readonly ssrc: number;
  readonly payloadType: number;
  /** Starts low, so that its first wrap is far from the first packets (RFC 3711 section 3.3.1). */
  #sequenceNumber = randomInt(1, 2 ** 15);

  constructor(payloadType: number, ssrc: number = randomSsrc()) {
    this.payloadType = payloadType;
    this.ssrc = ssrc;
  }

  /** The packet with its header in front; the next call's sequence number is one higher. */
  write({ payload, marker, rtpTimestamp }: RelayPacket): Buffer {
    const packet = Buffer.allocUnsafe(RTP_HEADER_BYTES + payload.length);
    packet.writeUInt8(VERSION_2, 0);
    packet.writeUInt8((marker ? MARKER : 0) | this.payloadType, 1);
    packet.writeUInt16BE(this.#sequenceNumber, 2);
    packet.writeUInt32BE(rtpTimestamp, 4);
    packet.writeUInt32BE(this.ssrc, 8);
    payload.copy(packet, RTP_HEADER_BYTES);
    this.#sequenceNumber = (this.#sequenceNumber + 1) % 2 ** 16;
    return packet;
  }
}

/** Never 0, which some receivers take for "none". */
export function randomSsrc(): number {
  return randomInt(1, 2 ** 32);
}
