import { randomBytes } from 'node:crypto';
import type { RtpPayload } from '../h264/packetize.ts';
import type { TimedUnit } from './paced-stream.ts';
import type { InterleavedChannels } from './rtsp-transport.ts';
import { writeSenderReport } from './sender-report.ts';
import { PAYLOAD_TYPE } from './session-description.ts';

/** Where bytes for a client go. */
export interface Outlet {
  write(bytes: Buffer | string): void;
  /** Written but not yet taken by the network. */
  readonly queuedBytes: number;
}

/** Shares of packets, 0..1. */
export interface Damage {
  readonly lossFrac: number;
  /** Packets in which some payload bytes are replaced by random ones. */
  readonly flipFrac: number;
}

export interface RtpSenderOptions {
  readonly outlet: Outlet;
  readonly channels: InterleavedChannels;
  readonly ssrc: number;
  readonly firstSequenceNumber: number;
  /** A client with more than this queued gets nothing until it caught up and a key frame comes. */
  readonly maxQueuedBytes: number;
  readonly random?: () => number;
}

const FRAME_BYTES = 4;
const RTP_HEADER_BYTES = 12;
const DOLLAR = 0x24;
const CNAME = 'simulated-camera';

/** One client's RTP: numbers packets, frames them for the RTSP connection (RFC 2326 section 10.12), drops for the slow. */
export class RtpSender {
  readonly #options: RtpSenderOptions;
  readonly #random: () => number;
  #sequenceNumber: number;
  #needsKeyFrame = true;
  #packets = 0;
  #octets = 0;
  #droppedUnits = 0;

  constructor(options: RtpSenderOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#sequenceNumber = options.firstSequenceNumber;
  }

  get nextSequenceNumber(): number {
    return this.#sequenceNumber;
  }

  /** Pictures left out because the client did not keep up. */
  get droppedUnits(): number {
    return this.#droppedUnits;
  }

  send(unit: TimedUnit, damage: Damage | null): void {
    if (this.#options.outlet.queuedBytes > this.#options.maxQueuedBytes) this.#needsKeyFrame = true;
    if (this.#needsKeyFrame) {
      const hasCaughtUp = this.#options.outlet.queuedBytes <= this.#options.maxQueuedBytes / 2;
      if (!unit.isKeyFrame || !hasCaughtUp) {
        if (this.#packets > 0) this.#droppedUnits += 1;
        return;
      }
      this.#needsKeyFrame = false;
    }
    const packets = unit.payloads.flatMap((payload) => this.#packet(payload, unit.rtpTimestamp, damage));
    this.#options.outlet.write(Buffer.concat(packets));
  }

  /** The next picture this client gets is a key frame. */
  pauseUntilKeyFrame(): void {
    this.#needsKeyFrame = true;
  }

  /** Random bytes, framed as nothing. */
  sendGarbage(): void {
    if (this.#options.outlet.queuedBytes <= this.#options.maxQueuedBytes) this.#options.outlet.write(randomBytes(1000));
  }

  sendReport(report: { readonly wallMs: number; readonly rtpTimestamp: number }): void {
    const { outlet, ssrc, channels, maxQueuedBytes } = this.#options;
    if (outlet.queuedBytes > maxQueuedBytes) return;
    const counts = { packets: this.#packets, octets: this.#octets };
    const packet = writeSenderReport({ ssrc, ...report, ...counts }, CNAME);
    outlet.write(Buffer.concat([frameHeader(channels.rtcp, packet.length), packet]));
  }

  /** Header and payload as buffers of their own: the payload's bytes are shared by all clients. */
  #packet({ payload, marker }: RtpPayload, rtpTimestamp: number, damage: Damage | null): Buffer[] {
    const { channels, ssrc } = this.#options;
    const header = Buffer.allocUnsafe(RTP_HEADER_BYTES);
    header.writeUInt8(0x80, 0);
    header.writeUInt8(PAYLOAD_TYPE | (marker ? 0x80 : 0), 1);
    header.writeUInt16BE(this.#sequenceNumber, 2);
    header.writeUInt32BE(rtpTimestamp, 4);
    header.writeUInt32BE(ssrc, 8);
    this.#sequenceNumber = (this.#sequenceNumber + 1) & 0xffff;
    this.#packets += 1;
    this.#octets += payload.length;
    if (damage !== null && this.#random() < damage.lossFrac) return [];
    const isFlipped = damage !== null && this.#random() < damage.flipFrac;
    return [
      frameHeader(channels.rtp, RTP_HEADER_BYTES + payload.length),
      header,
      isFlipped ? this.#flip(payload) : payload,
    ];
  }

  /** A copy with up to eight bytes replaced, never outside the payload. */
  #flip(payload: Buffer): Buffer {
    const flipped = Buffer.from(payload);
    for (const noise of randomBytes(8)) flipped[Math.floor(this.#random() * flipped.length)] = noise;
    return flipped;
  }
}

function frameHeader(channel: number, bytes: number): Buffer {
  const header = Buffer.allocUnsafe(FRAME_BYTES);
  header.writeUInt8(DOLLAR, 0);
  header.writeUInt8(channel, 1);
  header.writeUInt16BE(bytes, 2);
  return header;
}
