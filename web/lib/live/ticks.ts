/** Arithmetic on 90 kHz RTP time stamps, which are the timeline's ticks modulo 2^32 (RFC 3550 section 5.1). */

export const TICKS_PER_MS = 90;

/** The timeline's ticks (epoch ms * 90, some 10^14) as the time stamp the video carries. */
export function rtpTimestampOf(ticks90k: number): number {
  return Math.round(ticks90k) >>> 0;
}

/** `a - b` in ticks by the shorter way round the circle: -2^31 .. 2^31 - 1, right across a wrap. */
export function signedTicks(a: number, b: number): number {
  return (a - b) | 0;
}
