/** A video frame the browser has just put on the screen. */
export interface ShownFrame {
  readonly rtpTimestamp: number;
  /** The browser gave no time stamp with the frame: this one is the newest received. */
  readonly estimated: boolean;
  /** When its last packet had arrived, by `performance.now()`; null where the browser does not tell. */
  readonly receivedAtMs: number | null;
}

/**
 * Tells which frame is on the screen, by `requestVideoFrameCallback`. Its metadata carries the frame's own RTP time stamp in
 * Chromium and Safari; elsewhere the receiver's newest synchronisation source stands in.
 */
export class FrameClock {
  readonly #video: HTMLVideoElement;
  readonly #receiver: () => RTCRtpReceiver | null;
  readonly #onFrame: (frame: ShownFrame) => void;
  #callback: number | null = null;

  constructor(video: HTMLVideoElement, receiver: () => RTCRtpReceiver | null, onFrame: (frame: ShownFrame) => void) {
    this.#video = video;
    this.#receiver = receiver;
    this.#onFrame = onFrame;
  }

  start(): void {
    if (this.#callback === null && 'requestVideoFrameCallback' in this.#video) this.#next();
  }

  stop(): void {
    if (this.#callback !== null) this.#video.cancelVideoFrameCallback(this.#callback);
    this.#callback = null;
  }

  #next(): void {
    this.#callback = this.#video.requestVideoFrameCallback((_now, { rtpTimestamp, receiveTime }) => {
      this.#next();
      if (rtpTimestamp !== undefined) {
        this.#onFrame({ rtpTimestamp, estimated: false, receivedAtMs: receiveTime ?? null });
        return;
      }
      const newest = this.#receiver()?.getSynchronizationSources()[0];
      if (newest === undefined) return;
      this.#onFrame({ rtpTimestamp: newest.rtpTimestamp, estimated: true, receivedAtMs: null });
    });
  }
}
