import { RETRY_CAP_MS, retryDelayMs } from './retry.ts';
import { Standstill } from './standstill.ts';
import { Turns } from './turns.ts';
import { WhepRefused, WhepSession } from './whep-session.ts';

const WATCH_MS = 250;
/** Timers that stood still this long: the machine slept. */
const SLEPT_MS = 5_000;
/** Offers on their way from this page at once. */
const turns = new Turns(4);

export type PlayerStatus = 'idle' | 'connecting' | 'playing' | 'waiting';

export interface WhepPlayerOptions {
  readonly camera: string;
  readonly video: HTMLVideoElement;
  /** How far the picture is from being looked at, px: the nearest of a wall is connected first. */
  readonly nearness: () => number;
}

/**
 * Keeps one video element playing one camera over WHEP, for as long as it is started. A standing picture, a changed network
 * and a machine back from sleep are first asked about by an ICE restart; a session the server does not know any more is
 * replaced. While the camera is live, attempts never become rare.
 */
export class WhepPlayer {
  status = $state<PlayerStatus>('idle');
  /** Why there is no video, while waiting. */
  problem = $state<string | null>(null);
  /** The present session has shown a frame. */
  hasFrame = $state(false);
  /** Frames decoded since the page opened, over all sessions. */
  frames = $state(0);

  readonly #endpoint: string;
  readonly #video: HTMLVideoElement;
  readonly #nearness: () => number;
  #session: WhepSession | null = null;
  #standstill = new Standstill(0);
  #endTurn: () => void = () => undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #poll: ReturnType<typeof setInterval> | undefined;
  #failures = 0;
  #framesBefore = 0;
  #framesNow = 0;
  /** The video shows this session's track; until then the last picture of the one before stays. */
  #isAttached = false;
  #polledAt = 0;
  #isProbing = false;
  /** When it is not, there is nothing to connect for. */
  #isCameraLive = false;

  constructor({ camera, video, nearness }: WhepPlayerOptions) {
    this.#endpoint = `/whep/${camera}`;
    this.#video = video;
    this.#nearness = nearness;
  }

  get session(): WhepSession | null {
    return this.#session;
  }

  start(): void {
    if (this.status !== 'idle') return;
    this.#polledAt = performance.now();
    this.#poll = setInterval(() => {
      this.#watch();
    }, WATCH_MS);
    window.addEventListener('online', this.#wake);
    window.addEventListener('pagehide', this.#endSession);
    window.addEventListener('pageshow', this.#comeBack);
    document.addEventListener('visibilitychange', this.#lookAgain);
    this.status = 'waiting';
    if (this.#isCameraLive) this.#connect();
  }

  stop(): void {
    clearInterval(this.#poll);
    window.removeEventListener('online', this.#wake);
    window.removeEventListener('pagehide', this.#endSession);
    window.removeEventListener('pageshow', this.#comeBack);
    document.removeEventListener('visibilitychange', this.#lookAgain);
    this.#endSession();
    this.#video.srcObject = null;
    this.status = 'idle';
    this.problem = null;
    this.#failures = 0;
  }

  /** The camera's state decides what a standing picture means; a camera that came back is tried at once. */
  setCameraLive(isLive: boolean): void {
    if (isLive === this.#isCameraLive) return;
    this.#isCameraLive = isLive;
    if (!isLive) return;
    this.#standstill.expect(performance.now());
    if (this.status === 'waiting') this.#retryNow();
  }

  /** A frame is on the screen: seen sooner than the next poll would. */
  noteFrame(): void {
    if (this.#session === null) return;
    this.#standstill.frame(performance.now());
    if (this.hasFrame) return;
    this.hasFrame = true;
    this.status = 'playing';
    this.problem = null;
    this.#failures = 0;
  }

  #connect(): void {
    this.#endSession();
    this.status = 'connecting';
    this.#endTurn = turns.ask(this.#nearness, () => {
      this.#open();
    });
  }

  #open(): void {
    const session = new WhepSession();
    this.#session = session;
    this.#standstill = new Standstill(performance.now());
    session.peer.ontrack = ({ track }) => {
      this.#isAttached = true;
      this.#video.srcObject = new MediaStream([track]);
      // Refused while the page is in the background; `autoplay` takes over when it is seen.
      this.#video.play().catch(() => undefined);
    };
    session.peer.onconnectionstatechange = () => {
      if (this.#session !== session) return;
      const state = session.peer.connectionState;
      if (state === 'connected') this.#standstill.connected(performance.now());
      if (state === 'disconnected') void this.#probe();
      if (state === 'failed' || state === 'closed') this.#fail('The video connection broke.', RETRY_CAP_MS.video);
    };
    session
      .open(this.#endpoint)
      .catch((error: unknown) => {
        if (this.#session !== session) return;
        if (error instanceof WhepRefused) this.#refused(error);
        else this.#fail(messageOf(error), RETRY_CAP_MS.video);
      })
      .finally(this.#endTurn);
  }

  /** A server that is short of something says when to come again; one that will not have the offer is left in peace. */
  #refused({ message, status, retryAfterMs }: WhepRefused): void {
    const isLasting = status >= 400 && status < 500 && status !== 404 && status !== 409 && status !== 429;
    this.#fail(message, isLasting ? RETRY_CAP_MS.refused : RETRY_CAP_MS.video, retryAfterMs ?? 0);
  }

  #fail(problem: string, capMs: number, leastMs = 0): void {
    this.#endSession();
    this.problem = problem;
    this.status = 'waiting';
    this.#failures += 1;
    if (!this.#isCameraLive) return;
    this.#retry = setTimeout(
      () => {
        this.#connect();
      },
      Math.max(leastMs, retryDelayMs(this.#failures, Math.random(), capMs)),
    );
  }

  /** Counts frames, and looks after a picture that stands still although it should not. */
  #watch(): void {
    const now = performance.now();
    const slept = now - this.#polledAt > SLEPT_MS;
    this.#polledAt = now;
    if (slept && document.visibilityState === 'visible') {
      this.#wake();
      return;
    }
    if (this.#session === null) return;
    if (this.#isAttached) this.#countFrames();
    // A hidden page's video may rest without anything being wrong.
    if (document.visibilityState !== 'visible' || !this.#isCameraLive) return;
    const remedy = this.#standstill.remedy(now);
    if (remedy === 'probe') void this.#probe();
    if (remedy === 'renew') this.#fail('The picture stood still.', RETRY_CAP_MS.video);
  }

  #countFrames(): void {
    const total = this.#video.getVideoPlaybackQuality().totalVideoFrames;
    if (total === this.#framesNow) return;
    this.#framesNow = total;
    this.frames = this.#framesBefore + total;
    if (!('requestVideoFrameCallback' in this.#video)) this.noteFrame();
  }

  async #probe(): Promise<void> {
    const session = this.#session;
    if (session?.isOpen !== true || this.#isProbing) return;
    this.#isProbing = true;
    const accepted = await session.restart().catch(() => null);
    this.#isProbing = false;
    if (this.#session !== session) return;
    if (accepted === false) this.#retryNow();
    else this.#standstill.probed(performance.now(), accepted === true);
  }

  readonly #retryNow = (): void => {
    if (this.status === 'idle' || !this.#isCameraLive) return;
    this.#failures = 0;
    this.#connect();
  };

  /** The network came back or the machine woke: old paths are in doubt, and nobody waits. */
  readonly #wake = (): void => {
    this.#standstill.expect(performance.now());
    if (this.status === 'waiting') this.#retryNow();
    else void this.#probe();
  };

  readonly #lookAgain = (): void => {
    if (document.visibilityState !== 'visible') return;
    this.#polledAt = performance.now();
    this.#standstill.expect(performance.now());
    if (this.status === 'waiting') this.#retryNow();
  };

  /** From the browser's cache of pages: the session ended when the page was hidden. */
  readonly #comeBack = ({ persisted }: PageTransitionEvent): void => {
    if (persisted) this.#retryNow();
  };

  readonly #endSession = (): void => {
    clearTimeout(this.#retry);
    this.#endTurn();
    this.#framesBefore += this.#framesNow;
    this.#framesNow = 0;
    this.hasFrame = false;
    this.#session?.close();
    this.#session = null;
    this.#isAttached = false;
  };
}

function messageOf(error: unknown): string {
  if (error instanceof DOMException && error.name === 'TimeoutError') return 'The server did not answer in time.';
  if (error instanceof TypeError) return 'The server cannot be reached.';
  return error instanceof Error ? error.message : String(error);
}
