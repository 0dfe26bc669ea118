/** What `RTCPeerConnection.getStats()` says of a received video at one instant. */
export interface VideoSample {
  readonly atMs: number;
  readonly bytes: number;
  readonly framesDecoded: number;
  readonly framesDropped: number;
  readonly packetsLost: number;
  /** Summed over all frames so far, seconds, and how many those are. */
  readonly bufferedS: number;
  readonly bufferedFrames: number;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly roundTripMs: number | null;
}

/** What happened between two instants. null: not known, or nothing to divide by. */
export interface VideoReading {
  readonly fps: number | null;
  readonly bitsPerSecond: number | null;
  /** Mean time frames waited between their last packet and their decoding. */
  readonly bufferMs: number | null;
  /** Since the session began. */
  readonly framesDropped: number;
  readonly packetsLost: number;
  readonly widthPx: number | null;
  readonly heightPx: number | null;
  readonly roundTripMs: number | null;
}

type Stats = Pick<RTCStatsReport, 'forEach' | 'get'>;

/** null before anything was received. */
export function sampleOf(stats: Stats): VideoSample | null {
  let video: RTCInboundRtpStreamStats | undefined;
  let pair: RTCIceCandidatePairStats | undefined;
  stats.forEach((each: RTCStats) => {
    if (each.type === 'inbound-rtp' && (each as RTCInboundRtpStreamStats).kind === 'video') {
      video = each as RTCInboundRtpStreamStats;
    }
    if (each.type === 'transport') {
      const { selectedCandidatePairId } = each as RTCTransportStats;
      if (selectedCandidatePairId !== undefined) pair = stats.get(selectedCandidatePairId) as typeof pair;
    }
  });
  if (video === undefined) return null;
  return {
    atMs: video.timestamp,
    bytes: video.bytesReceived ?? 0,
    framesDecoded: video.framesDecoded ?? 0,
    framesDropped: video.framesDropped ?? 0,
    packetsLost: Math.max(0, video.packetsLost ?? 0),
    bufferedS: video.jitterBufferDelay ?? 0,
    bufferedFrames: video.jitterBufferEmittedCount ?? 0,
    widthPx: video.frameWidth ?? null,
    heightPx: video.frameHeight ?? null,
    roundTripMs: pair?.currentRoundTripTime === undefined ? null : pair.currentRoundTripTime * 1000,
  };
}

/** `before` null, or of an earlier session: rates are not known yet. */
export function readingBetween(before: VideoSample | null, now: VideoSample): VideoReading {
  const known = before !== null && now.atMs > before.atMs && now.bytes >= before.bytes ? before : null;
  const seconds = known === null ? 0 : (now.atMs - known.atMs) / 1000;
  const rate = (count: number): number | null => (known === null ? null : count / seconds);
  const frames = now.bufferedFrames - (known?.bufferedFrames ?? 0);
  return {
    fps: rate(now.framesDecoded - (known?.framesDecoded ?? 0)),
    bitsPerSecond: rate((now.bytes - (known?.bytes ?? 0)) * 8),
    bufferMs: frames > 0 ? ((now.bufferedS - (known?.bufferedS ?? 0)) / frames) * 1000 : null,
    framesDropped: now.framesDropped,
    packetsLost: now.packetsLost,
    widthPx: now.widthPx,
    heightPx: now.heightPx,
    roundTripMs: now.roundTripMs,
  };
}
