import type { RtpPacket } from '../packet.ts';
import { NAL } from './nal-unit.ts';

/** What one RTP packet brought. */
export interface Depacketized {
  /** NAL units that are complete now; small ones are views into the packet. */
  readonly nalUnits: readonly Buffer[];
  /** Sequence numbers say that packets are missing just before this one. */
  readonly isAfterGap: boolean;
  /** A NAL unit of an earlier picture was given up: its end never came. */
  readonly hasCutEarlier: boolean;
  /** Something of this packet's own picture is lost: a NAL unit without beginning or end, or a broken payload. */
  readonly isBroken: boolean;
  /** A NAL unit is still open after this packet. */
  readonly isMidNalUnit: boolean;
}

/** The greatest NAL unit, and the greatest picture, that is put together. */
export const MAX_PICTURE_BYTES = 4 * 1024 * 1024;
/** In one aggregate. Cameras put a few parameter sets together; a packet of nothing else would hold twenty thousand. */
const MAX_AGGREGATED_UNITS = 128;
const FIRST_FRAGMENT_BUFFER_BYTES = 64 * 1024;
const SIZE_FIELD_BYTES = 2;
const FU_HEADER_BYTES = 2;

/**
 * RTP payloads back to NAL units (RFC 6184, packetization-mode 0 and 1: single NAL unit, STAP-A, FU-A). Packets are taken
 * in arrival order: over TCP nothing is reordered. Holds one open NAL unit of at most 4 MiB, in one buffer.
 */
export class Depacketizer {
  readonly #fragments = new FragmentBuffer();
  #sequenceNumber: number | null = null;
  #ssrc = 0;
  #timestamp = 0;

  push(packet: RtpPacket): Depacketized {
    const isAfterGap = this.#isAfterGap(packet);
    const hasCutEarlier = packet.timestamp !== this.#timestamp && this.#fragments.drop();
    if (isAfterGap) this.#fragments.drop();
    this.#sequenceNumber = packet.sequenceNumber;
    this.#ssrc = packet.ssrc;
    this.#timestamp = packet.timestamp;
    const { nalUnits, isBroken } = this.#read(packet.payload);
    return { nalUnits, isAfterGap, hasCutEarlier, isBroken, isMidNalUnit: this.#fragments.isOpen };
  }

  #read(payload: Buffer): Read {
    // An empty payload is how some cameras keep the connection alive.
    if (payload.length === 0) return { nalUnits: [], isBroken: false };
    const type = payload.readUInt8(0) & 0x1f;
    if (type === NAL.fuA) return this.#readFragment(payload);
    const hasCut = this.#fragments.drop();
    if (isWholeNalUnit(type)) return { nalUnits: [payload], isBroken: hasCut };
    if (type !== NAL.stapA) return { nalUnits: [], isBroken: true };
    const aggregate = splitAggregate(payload);
    return { ...aggregate, isBroken: aggregate.isBroken || hasCut };
  }

  /** A new SSRC is a new numbering, not a gap. */
  #isAfterGap(packet: RtpPacket): boolean {
    if (this.#sequenceNumber === null || packet.ssrc !== this.#ssrc) return false;
    return packet.sequenceNumber !== ((this.#sequenceNumber + 1) & 0xffff);
  }

  /** FU-A, section 5.8. A fragment without its beginning is dropped. */
  #readFragment(payload: Buffer): Read {
    const indicator = payload.readUInt8(0);
    const header = payload[1] ?? 0;
    const type = header & 0x1f;
    const isStart = (header & 0x80) !== 0;
    const isEnd = (header & 0x40) !== 0;
    const hasCut = isStart && this.#fragments.drop();
    if (isStart) this.#fragments.begin((indicator & 0xe0) | type);
    const isUsable = this.#fragments.isOpen && payload.length > FU_HEADER_BYTES && isWholeNalUnit(type);
    if (!isUsable || !this.#fragments.append(payload.subarray(FU_HEADER_BYTES))) {
      this.#fragments.drop();
      return { nalUnits: [], isBroken: true };
    }
    return { nalUnits: isEnd ? [this.#fragments.take()] : [], isBroken: hasCut };
  }
}

interface Read {
  readonly nalUnits: readonly Buffer[];
  readonly isBroken: boolean;
}

/** Types 1 to 23 are NAL units; 0 and the rest are RFC 6184's packet kinds or nothing at all. */
function isWholeNalUnit(type: number): boolean {
  return type >= 1 && type < NAL.stapA;
}

/** STAP-A, section 5.7.1. Gives what is whole, up to the first size that does not fit or the limit. */
function splitAggregate(payload: Buffer): Read {
  const nalUnits: Buffer[] = [];
  let at = 1;
  while (at + SIZE_FIELD_BYTES <= payload.length) {
    const start = at + SIZE_FIELD_BYTES;
    at = start + payload.readUInt16BE(at);
    if (at > payload.length) return { nalUnits, isBroken: true };
    const nalUnit = payload.subarray(start, at);
    if (nalUnit.length === 0) continue;
    const isExpected = isWholeNalUnit(nalUnit.readUInt8(0) & 0x1f) && nalUnits.length < MAX_AGGREGATED_UNITS;
    if (!isExpected) return { nalUnits, isBroken: true };
    nalUnits.push(nalUnit);
  }
  return { nalUnits, isBroken: at !== payload.length };
}

/** Fragments are copied into one growing buffer, so that a flood of one-byte fragments costs their bytes and no more. */
class FragmentBuffer {
  #buffer = Buffer.allocUnsafe(FIRST_FRAGMENT_BUFFER_BYTES);
  #length = 0;

  get isOpen(): boolean {
    return this.#length > 0;
  }

  begin(header: number): void {
    this.#buffer.writeUInt8(header, 0);
    this.#length = 1;
  }

  /** False when the NAL unit would grow beyond the limit. */
  append(piece: Buffer): boolean {
    const length = this.#length + piece.length;
    if (length > MAX_PICTURE_BYTES) return false;
    if (length > this.#buffer.length) {
      const larger = Buffer.allocUnsafe(Math.min(MAX_PICTURE_BYTES, length * 2));
      this.#buffer.copy(larger, 0, 0, this.#length);
      this.#buffer = larger;
    }
    piece.copy(this.#buffer, this.#length);
    this.#length = length;
    return true;
  }

  take(): Buffer {
    const nalUnit = Buffer.from(this.#buffer.subarray(0, this.#length));
    this.#length = 0;
    return nalUnit;
  }

  /** True when something was given up. */
  drop(): boolean {
    const wasOpen = this.isOpen;
    this.#length = 0;
    return wasOpen;
  }
}
