import type { AppError } from '#protocol/errors.ts';
import type { RtpPacket, SenderReport, VideoTrack } from '../packet.ts';

export interface Credentials {
  readonly username: string;
  readonly password: string;
}

export interface IngestOptions {
  /** rtsp:// or rtsps:// without credentials. */
  readonly url: string;
  readonly credentials: Credentials | null;
  /** Whole handshake, TCP connect to PLAY's answer. */
  readonly connectTimeoutMs: number;
  /** No packet for this long ends the session with `camera.silent`. */
  readonly silenceMs: number;
  /** Called in arrival order with `performance.now()` at arrival. Must not throw and must not keep the packet's event loop turn. */
  readonly onPacket: (packet: RtpPacket, receivedAtMs: number) => void;
  readonly onSenderReport: (report: SenderReport, receivedAtMs: number) => void;
}

export interface IngestStats {
  readonly packets: number;
  readonly bytes: number;
  readonly lostPackets: number;
  readonly ignoredPackets: number;
}

/** One playing session with one stream of a camera. The opener owns it and closes it. */
export interface IngestSession {
  readonly track: VideoTrack;
  /** Settles once: null after `close()`, else why the session ended. Never rejects. */
  readonly ended: Promise<AppError | null>;
  stats(): IngestStats;
  /** Sends TEARDOWN if it can and frees everything at once. Safe to call twice. */
  close(): void;
}

/**
 * Connects and plays. Rejects with an AppError: camera.url-malformed, camera.unreachable, camera.refused-login,
 * camera.path-not-found, camera.no-h264, camera.refused-request, camera.protocol-violation, camera.silent (no answer in
 * time), camera.closed-connection, aborted. No packet is handed on before it resolved. Abort takes effect within 50 ms,
 * and after opening it closes the session.
 */
export type OpenIngest = (options: IngestOptions, signal: AbortSignal) => Promise<IngestSession>;

/** DESCRIBE only: what a camera offers, without playing it. Same errors. */
export type ProbeIngest = (
  options: Pick<IngestOptions, 'url' | 'credentials' | 'connectTimeoutMs'>,
  signal: AbortSignal,
) => Promise<VideoTrack>;
