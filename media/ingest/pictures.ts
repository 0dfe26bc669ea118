import type { AppError } from '#protocol/errors.ts';
import type { Clock } from '#ops/runtime/clock.ts';
import { AccessUnitAssembler, type AssemblerStats } from '../access-unit.ts';
import type { AccessUnit, RtpPacket, VideoTrack } from '../packet.ts';
import type { StreamClock } from '../timeline.ts';
import { CatchUp } from './catch-up.ts';
import { CodecWatch } from './codec-watch.ts';
import { ingestError } from './ingest-errors.ts';
import type { IngestOptions, IngestSession, IngestStats, OpenIngest } from './ingest.port.ts';
import { PictureRate } from './picture-rate.ts';

export interface PicturesOptions extends Omit<IngestOptions, 'onPacket' | 'onSenderReport'> {
  readonly openIngest: OpenIngest;
  readonly clock: Clock;
  /** The stream on its camera's timeline; restarted here. */
  readonly stream: StreamClock;
  /** In order, the first a key frame. */
  readonly onUnit: (unit: AccessUnit) => void;
  /** What a stall held back and a newer key frame makes pointless to show; who passed by in it did so all the same. */
  readonly onLate?: (unit: AccessUnit) => void;
}

export interface PicturesStats extends IngestStats, AssemblerStats {
  /** Pictures that came too late to be shown, after a stall. */
  readonly discarded: number;
}

/** Packets come, but nothing that decoding could begin with: cameras with long intervals send a key frame every half minute. */
const KEY_FRAME_WITHIN_MS = 90_000;

/** One session's pictures. The opener owns it and closes it. */
export interface PictureSession {
  /** As the stream describes itself by now. */
  readonly track: VideoTrack;
  /** Settles once: null after `close()`, else why the session ended. Never rejects. */
  readonly ended: Promise<AppError | null>;
  stats(): PicturesStats;
  close(): void;
}

/**
 * Plays a stream and puts its pictures together, on the camera's timeline. Rejects as `OpenIngest` does; ends also with
 * camera.codec-changed, with camera.no-frames when no key frame comes for 90 s, and with camera.protocol-violation when
 * far more pictures come than the camera says.
 */
export async function openPictures(options: PicturesOptions, signal: AbortSignal): Promise<PictureSession> {
  const { stream, openIngest } = options;
  stream.restart();
  const failure = Promise.withResolvers<AppError>();
  const session = await openIngest(
    {
      ...options,
      onPacket: (packet, receivedAtMs) => {
        pictures.push(packet, receivedAtMs);
      },
      onSenderReport: (report) => {
        stream.senderReport(report);
      },
    },
    signal,
  );
  // No packet is handed on before this line has run.
  const pictures = new Pictures(options, session.track, failure.resolve);
  return new GuardedSession(session, pictures, failure.promise);
}

/** Packets in, pictures out, until something is wrong with them. */
class Pictures {
  readonly #options: PicturesOptions;
  readonly #assembler: AccessUnitAssembler;
  readonly #codecWatch: CodecWatch;
  readonly #rate = new PictureRate();
  readonly #catchUp: CatchUp;
  #fail: ((error: AppError) => void) | null;
  #hasBegun = false;
  #firstAtMs: number | null = null;

  constructor(options: PicturesOptions, track: VideoTrack, onFailed: (error: AppError) => void) {
    this.#options = options;
    this.#fail = onFailed;
    this.#codecWatch = new CodecWatch(track.codec);
    this.#catchUp = new CatchUp(options.onUnit, (unit) => options.onLate?.(unit));
    this.#assembler = new AccessUnitAssembler({
      track,
      ticksOf: (rtpTimestamp, receivedAtMs) => options.stream.ticksOf(rtpTimestamp, receivedAtMs),
      onUnit: (unit) => {
        this.#take(unit);
      },
    });
  }

  get track(): VideoTrack {
    return this.#assembler.track;
  }

  stats(): AssemblerStats & { discarded: number } {
    return { ...this.#assembler.stats(), discarded: this.#catchUp.discarded };
  }

  push(packet: RtpPacket, receivedAtMs: number): void {
    if (this.#fail === null) return;
    this.#firstAtMs ??= receivedAtMs;
    if (!this.#hasBegun && receivedAtMs - this.#firstAtMs > KEY_FRAME_WITHIN_MS) {
      this.#end(ingestError.noKeyFrame(KEY_FRAME_WITHIN_MS));
      return;
    }
    const other = this.#codecWatch.changedTo(packet);
    if (other === null) this.#assembler.push(packet, receivedAtMs);
    else this.#end(ingestError.codecChanged(this.track.codec, other));
  }

  #take(unit: AccessUnit): void {
    const { fps } = this.track;
    const excess = this.#rate.excess(unit.receivedAtMs, fps);
    if (excess !== null) this.#end(ingestError.tooManyPictures(excess, fps));
    // Nothing of a new session goes on before its first key frame.
    this.#hasBegun ||= unit.isKeyFrame;
    if (!this.#hasBegun || this.#fail === null) return;
    const { clock } = this.#options;
    const receivedAtEpochMs = clock.epochMs() - clock.monotonicMs() + unit.receivedAtMs;
    this.#catchUp.push(unit, receivedAtEpochMs - unit.ticks90k / 90);
  }

  /** The session is over. */
  close(): void {
    this.#fail = null;
    this.#catchUp.close();
  }

  #end(error: AppError): void {
    this.#fail?.(error);
    this.#fail = null;
  }
}

class GuardedSession implements PictureSession {
  readonly ended: Promise<AppError | null>;
  readonly #session: IngestSession;
  readonly #pictures: Pictures;

  constructor(session: IngestSession, pictures: Pictures, failed: Promise<AppError>) {
    this.#session = session;
    this.#pictures = pictures;
    this.ended = Promise.race([session.ended, failed]);
    void failed.then(() => {
      session.close();
    });
    void this.ended.then(() => {
      pictures.close();
    });
  }

  get track(): VideoTrack {
    return this.#pictures.track;
  }

  stats(): PicturesStats {
    return { ...this.#session.stats(), ...this.#pictures.stats() };
  }

  close(): void {
    this.#session.close();
  }
}
