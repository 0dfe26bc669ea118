/** What moves on the media plane. Plain values passed by function call; never an XState event, never a NATS message. */

/** One RTP packet, header parsed, padding and extensions removed (RFC 3550 section 5.1). */
export interface RtpPacket {
  readonly payloadType: number;
  readonly marker: boolean;
  /** 16 bits. */
  readonly sequenceNumber: number;
  /** 32 bits, in the stream's own clock (90 kHz for video). */
  readonly timestamp: number;
  readonly ssrc: number;
  /** Good until the receiver returns, who copies what is to be kept. */
  readonly payload: Buffer;
}

/** One RTCP sender report: the camera says which NTP instant an RTP time stands for. */
export interface SenderReport {
  readonly ssrc: number;
  /** The camera's own clock, epoch ms with fraction. May be years off; only differences mean something. */
  readonly ntpMs: number;
  readonly rtpTimestamp: number;
}

/** How a camera codes its pictures. */
export type CodecName = 'H264' | 'H265';

/** One coded picture (access unit). */
export interface AccessUnit {
  readonly codec: CodecName;
  /** NAL units without start codes, in decoding order. A key frame always begins with its parameter sets: (VPS,) SPS, PPS. */
  readonly nalUnits: readonly Buffer[];
  readonly isKeyFrame: boolean;
  /** The stream's own RTP time, 32 bits. */
  readonly rtpTimestamp: number;
  /** Time on the camera's timeline: epoch ms * 90, an integer below 2^53. RTP time sent to viewers is this modulo 2^32. */
  readonly ticks90k: number;
  /** `performance.now()` when its last packet arrived. */
  readonly receivedAtMs: number;
  /** Packets were missing: the picture may show artefacts. */
  readonly isDamaged: boolean;
}

/** What the camera said about its video (SDP), completed from the SPS once seen. */
export interface VideoTrack {
  readonly codec: CodecName;
  readonly payloadType: number;
  /** As the description has them, in any order; none where it leaves them to the stream. */
  readonly parameterSets: readonly Buffer[];
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly fps: number | null;
  /** H.264's `profile-level-id`, six hex digits. */
  readonly profileLevelId: string | null;
}
