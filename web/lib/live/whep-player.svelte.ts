import { retryDelayMs } from './retry.ts';
import { WhepSession } from './whep-session.ts';

const DISCONNECTED_GRACE_MS = 3_000;
/** The camera is live but the picture stands still. */
const STALLED_MS = 4_000;
/** The same, right after the camera came back: a worker that was restarted has forgotten its viewers. */
const NOT_RESUMED_MS = 1_500;
/** Longest wait for a first frame once connected: a camera may send key frames this rarely. */
const FIRST_FRAME_MS = 25_000;
/** Timers that stood still this long: the machine slept. */
const SLEPT_MS = 15_000;

export type PlayerStatus = 'idle' | 'connecting' | 'playing' | 'waiting';

/**
 * Keeps one video element playing one camera over WHEP, for as long as it is started: a lost connection, a restarted
 * worker, a changed network or a machine back from sleep all end in a new session, soon at first, then ever more calmly.
 */
export class WhepPlayer {
  status = $state<PlayerStatus>('idle');
  /** Why there is no video, while waiting. */
  problem = $state<string | null>(null);
  /** The present session has shown a frame. */
  hasFrame = $state(false);
  /** Frames decoded since the page opened, over all sessions; polled once a second. */
  frames = $state(0);

  readonly #endpoint: string;
  readonly #video: HTMLVideoElement;
  #session: WhepSession | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #grace: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #framesBefore = 0;
  #framesNow = 0;
  #progressAt = 0;
  #polledAt = 0;
  #resuming = false;
  /** null: the camera is not live, so there is nothing to connect for. */
  #liveSince: number | null = null;

  constructor(camera: string, video: HTMLVideoElement) {
    this.#endpoint = `/whep/${camera}`;
    this.#video = video;
  }

  get receiver(): RTCRtpReceiver | null {
    return this.#session?.receiver ?? null;
  }

  start(): void {
    if (this.status !== 'idle') return;
    this.#polledAt = performance.now();
    this.#poll = setInterval(() => {
      this.#watch();
    }, 1_000);
    window.addEventListener('online', this.#retryNow);
    window.addEventListener('pagehide', this.#endSession);
    window.addEventListener('pageshow', this.#comeBack);
    this.status = 'waiting';
    if (this.#liveSince !== null) this.#connect();
  }

  stop(): void {
    clearInterval(this.#poll);
    window.removeEventListener('online', this.#retryNow);
    window.removeEventListener('pagehide', this.#endSession);
    window.removeEventListener('pageshow', this.#comeBack);
    this.#endSession();
    this.status = 'idle';
    this.problem = null;
    this.#failures = 0;
  }

  /** The camera's state decides what a standing picture means; a camera that came back is tried at once. */
  setCameraLive(live: boolean): void {
    if (live === (this.#liveSince !== null)) return;
    this.#liveSince = live ? performance.now() : null;
    if (live) {
      this.#progressAt = performance.now();
      this.#resuming = this.hasFrame;
      if (this.status === 'waiting') this.#retryNow();
    }
  }

  #connect(): void {
    this.#endSession();
    const session = new WhepSession();
    this.#session = session;
    this.status = 'connecting';
    this.#progressAt = performance.now();
    session.peer.ontrack = ({ track }) => {
      this.#video.srcObject = new MediaStream([track]);
      // Refused while the page is in the background; `autoplay` takes over when it is seen.
      this.#video.play().catch(() => undefined);
    };
    session.peer.onconnectionstatechange = () => {
      if (this.#session !== session) return;
      clearTimeout(this.#grace);
      const state = session.peer.connectionState;
      if (state === 'failed' || state === 'closed') this.#fail('The video connection broke.');
      if (state === 'disconnected') {
        this.#grace = setTimeout(() => {
          this.#fail('The video connection broke.');
        }, DISCONNECTED_GRACE_MS);
      }
    };
    session.open(this.#endpoint).catch((error: unknown) => {
      if (this.#session === session) this.#fail(messageOf(error));
    });
  }

  #fail(problem: string): void {
    this.#endSession();
    this.problem = problem;
    this.status = 'waiting';
    this.#failures++;
    if (this.#liveSince === null) return;
    this.#retry = setTimeout(
      () => {
        this.#connect();
      },
      retryDelayMs(this.#failures, Math.random()),
    );
  }

  /** Once a second: count frames, and end a session that stands still although it should not. */
  #watch(): void {
    const now = performance.now();
    const slept = now - this.#polledAt > SLEPT_MS && document.visibilityState === 'visible';
    this.#polledAt = now;
    if (this.#session === null) return;
    const total = this.#video.getVideoPlaybackQuality().totalVideoFrames;
    if (total !== this.#framesNow) {
      this.#framesNow = total;
      this.frames = this.#framesBefore + total;
      this.#progressAt = now;
      this.#resuming = false;
      this.hasFrame = true;
      this.status = 'playing';
      this.problem = null;
      this.#failures = 0;
    }
    if (slept) {
      this.#progressAt = now;
      if (this.#session.peer.connectionState !== 'connected') this.#retryNow();
      return;
    }
    // A hidden page's video may rest without anything being wrong.
    if (document.visibilityState !== 'visible' || this.#liveSince === null) return;
    const still = now - Math.max(this.#progressAt, this.#liveSince);
    const limit = this.#resuming ? NOT_RESUMED_MS : this.hasFrame ? STALLED_MS : FIRST_FRAME_MS;
    if (still > limit) this.#fail('The picture stood still.');
  }

  /** The first frame, seen sooner than the next poll would. */
  noteFrame(): void {
    if (this.hasFrame || this.#session === null) return;
    this.hasFrame = true;
    this.status = 'playing';
    this.problem = null;
  }

  readonly #retryNow = (): void => {
    if (this.status === 'idle' || this.#liveSince === null) return;
    this.#failures = 0;
    this.#connect();
  };

  /** From the browser's cache of pages: the session ended when the page was hidden. */
  readonly #comeBack = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#retryNow();
  };

  readonly #endSession = (): void => {
    clearTimeout(this.#retry);
    clearTimeout(this.#grace);
    this.#framesBefore += this.#framesNow;
    this.#framesNow = 0;
    this.hasFrame = false;
    this.#resuming = false;
    this.#session?.close();
    this.#session = null;
    this.#video.srcObject = null;
  };
}

function messageOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The server did not answer in time.';
  if (error instanceof TypeError) return 'The server cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}
