import type { OverlayMode } from '#protocol/skew.ts';

/** What somebody may ask for: the least delay, or boxes that belong to the frame. */
export type OverlayWish = 'live' | 'matched';

/** Boxes are of the very frame only where the stream that is shown is the one that is analysed. */
export function modeOf(wish: OverlayWish, camera: { readonly subUrl: string | null }): OverlayMode {
  if (wish === 'live') return 'live';
  return camera.subUrl === null ? 'exact' : 'nearest';
}

/** The frame on the screen can be told, and the video be made to wait. */
export function canHoldVideo(): boolean {
  return 'jitterBufferTarget' in RTCRtpReceiver.prototype && 'requestVideoFrameCallback' in HTMLVideoElement.prototype;
}
