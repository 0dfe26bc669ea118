import { randomBytes } from 'node:crypto';
import type { AppError } from '#protocol/errors.ts';
import { toAppError } from '#protocol/errors.ts';
import type { RtpPacket, SenderReport, VideoTrack } from '../packet.ts';
import { ingestError } from './ingest-errors.ts';
import type { IngestOptions, IngestSession, IngestStats } from './ingest.port.ts';
import { Reception } from './reception.ts';
import { formatReceiverReport, parseRtcp } from './rtcp.ts';
import { parseRtp } from './rtp.ts';
import type { RtspConnection } from './rtsp.connection.ts';
import type { InterleavedFrame } from './rtsp-message.ts';
import type { DescribedStream, PlayingStream } from './rtsp.session.ts';

const RECEIVER_REPORT_MS = 5000;
/** What may arrive between PLAY and the opener's first turn; a key frame fits, a flood does not. */
const MAX_EARLY_BYTES = 4 * 1024 * 1024;
/** What keeping a frame costs besides its bytes: empty ones are not free. */
const FRAME_OVERHEAD_BYTES = 128;
/** Types from here on are what SDP says they are (RFC 3551 section 3); so many of another in a row: it no longer holds. */
const FIRST_DYNAMIC_TYPE = 96;
const FOREIGN_IN_A_ROW = 200;

/** What a session needs of its options. */
export type SessionOptions = Pick<IngestOptions, 'silenceMs' | 'onPacket' | 'onSenderReport'>;

/**
 * Media and upkeep of one session: reads RTP and RTCP, reports reception, keeps the camera's session alive and notices
 * silence. Frames are fed in from the moment the connection exists, since cameras send before they answer PLAY.
 */
export class PlayingSession implements IngestSession {
  readonly ended: Promise<AppError | null>;
  readonly #options: SessionOptions;
  readonly #reception = new Reception();
  readonly #ssrc = randomBytes(4).readUInt32BE(0);
  readonly #timers = new Set<NodeJS.Timeout>();
  #resolveEnded: (error: AppError | null) => void = () => undefined;
  #connection: RtspConnection | null = null;
  #described: DescribedStream | null = null;
  #playing: PlayingStream | null = null;
  #early: { readonly frame: InterleavedFrame; readonly receivedAtMs: number }[] | null = [];
  #earlyBytes = 0;
  #hasEnded = false;
  #lastPacketAtMs = 0;
  #packets = 0;
  #bytes = 0;
  #ignoredPackets = 0;
  #foreignInARow = 0;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  get track(): VideoTrack {
    if (this.#described === null) throw new Error('The session has not begun.');
    return this.#described.video.track;
  }

  /** PLAY was answered. Packets are handed on from the next turn of the event loop, when the opener has the session. */
  begin(connection: RtspConnection, described: DescribedStream, playing: PlayingStream): void {
    this.#connection = connection;
    this.#described = described;
    this.#playing = playing;
    this.#lastPacketAtMs = performance.now();
    setImmediate(() => {
      const early = this.#early ?? [];
      this.#early = null;
      for (const { frame, receivedAtMs } of early) this.#read(frame, receivedAtMs);
    });
    this.#watchSilence(this.#options.silenceMs);
    this.#repeat(RECEIVER_REPORT_MS, () => {
      this.#sendReceiverReport();
    });
    this.#keepAlive(playing.sessionTimeoutMs / 2, described.keepAliveMethod);
  }

  /** The connection's interleaved frames, in order. */
  receive(frame: InterleavedFrame): void {
    const receivedAtMs = performance.now();
    if (this.#early === null) {
      this.#read(frame, receivedAtMs);
      return;
    }
    this.#earlyBytes += frame.payload.length + FRAME_OVERHEAD_BYTES;
    if (this.#earlyBytes > MAX_EARLY_BYTES) this.#ignoredPackets += 1;
    else this.#early.push({ frame: { ...frame, payload: Buffer.from(frame.payload) }, receivedAtMs });
  }

  /** The connection ended: null when we closed it. */
  connectionEnded(error: AppError | null): void {
    this.#hasEnded = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#early = null;
    this.#resolveEnded(error);
  }

  stats(): IngestStats {
    return {
      packets: this.#packets,
      bytes: this.#bytes,
      lostPackets: this.#reception.lostPackets,
      ignoredPackets: this.#ignoredPackets,
    };
  }

  close(): void {
    this.#connection?.close(this.#playing?.aggregateUrl ?? null);
  }

  #read(frame: InterleavedFrame, receivedAtMs: number): void {
    if (this.#hasEnded) return;
    try {
      if (frame.channel === this.#playing?.rtpChannel) this.#readRtp(frame.payload, receivedAtMs);
      else if (frame.channel === this.#playing?.rtcpChannel) this.#readRtcp(frame.payload, receivedAtMs);
      else this.#ignoredPackets += 1;
    } catch (error) {
      this.#connection?.end(toAppError(error)); // A sink broke its promise not to throw: that ends this session only.
    }
  }

  #readRtp(bytes: Buffer, receivedAtMs: number): void {
    const packet: RtpPacket | null = parseRtp(bytes);
    if (packet?.payloadType !== this.track.payloadType) {
      this.#ignoredPackets += 1;
      this.#foreignInARow += (packet?.payloadType ?? 0) >= FIRST_DYNAMIC_TYPE ? 1 : 0;
      if (this.#foreignInARow >= FOREIGN_IN_A_ROW) this.#connection?.end(ingestError.formatChanged());
      return;
    }
    this.#foreignInARow = 0;
    this.#packets += 1;
    this.#bytes += bytes.length;
    this.#lastPacketAtMs = receivedAtMs;
    this.#reception.packetArrived(packet, receivedAtMs);
    this.#options.onPacket(packet, receivedAtMs);
  }

  #readRtcp(bytes: Buffer, receivedAtMs: number): void {
    const { senderReports, goodbyes } = parseRtcp(bytes);
    for (const report of senderReports) this.#readSenderReport(report, receivedAtMs);
    const ssrc = this.#reception.ssrc;
    if (ssrc !== null && goodbyes.includes(ssrc)) {
      this.#connection?.end(ingestError.closedConnection('The camera ended the stream.'));
    }
  }

  #readSenderReport(report: SenderReport, receivedAtMs: number): void {
    this.#reception.senderReportArrived(report, receivedAtMs);
    this.#options.onSenderReport(report, receivedAtMs);
  }

  #watchSilence(afterMs: number): void {
    this.#once(afterMs, () => {
      const leftMs = this.#lastPacketAtMs + this.#options.silenceMs - performance.now();
      if (leftMs > 0) this.#watchSilence(leftMs);
      else this.#connection?.end(ingestError.noPackets(this.#options.silenceMs));
    });
  }

  #sendReceiverReport(): void {
    const report = this.#reception.report(performance.now());
    if (report === null || this.#playing === null) return;
    this.#connection?.sendFrame(this.#playing.rtcpChannel, formatReceiverReport(this.#ssrc, report));
  }

  /** One request at a time; that some cameras never answer it is no reason to stop sending it. */
  #keepAlive(everyMs: number, method: 'GET_PARAMETER' | 'OPTIONS'): void {
    const connection = this.#connection;
    const url = this.#playing?.aggregateUrl;
    if (connection === null || url === undefined) return;
    let current = method;
    this.#repeat(everyMs, () => {
      connection.abandonPending();
      connection.request(current, url).then(
        ({ status }) => {
          if (status === 454) connection.end(ingestError.refused(current, status));
          else if (status >= 400) current = 'OPTIONS';
        },
        (error: unknown) => {
          const failure = toAppError(error);
          if (failure.code !== 'aborted') connection.end(failure);
        },
      );
    });
  }

  #repeat(everyMs: number, action: () => void): void {
    this.#once(everyMs, () => {
      action();
      this.#repeat(everyMs, action);
    });
  }

  /** A timer that ends with the session. */
  #once(afterMs: number, action: () => void): void {
    if (this.#hasEnded) return;
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      action();
    }, afterMs);
    this.#timers.add(timer);
  }
}
