/** What a picture that stands still calls for. */
export type Remedy =
  | 'none'
  /** Ask the server whether it still has the session, and for new paths. */
  | 'probe'
  /** A new session. */
  | 'renew';

/** Stood still this long, for a camera of usual rate; a slow one gets several of its own intervals. */
const STILL_MS = 1_500;
const STILL_INTERVALS = 4;
/** The same right after something happened by which a session may have ended: a wake, a camera that came back. */
const STILL_AFTER_EVENT_MS = 700;
/** The server went along with a probe: so long for frames to come. A lost key frame is made good by the next one. */
const PROBED_MS = 5_000;
/** The server could not be asked. */
const PROBE_AGAIN_MS = 500;
/** ICE and DTLS must be through by then. */
const CONNECT_MS = 8_000;
/** Longest wait for a first frame once connected, as cameras send key frames this rarely; asked about now and then. */
const FIRST_FRAME_MS = 25_000;
const FIRST_PROBE_MS = 5_000;

/**
 * Judges by silence whether a session's picture stands still, and what to do about it. Times are monotonic ms of one
 * clock. Nothing is judged while the page is hidden or its camera is not live: the maker does not ask then.
 */
export class Standstill {
  /** Frames, or an event after which they are to be awaited anew, were seen last. */
  #aliveAtMs: number;
  readonly #startedAtMs: number;
  #frameAtMs: number | null = null;
  /** Between frames, as of late. */
  #intervalMs = 0;
  #isConnected = false;
  #afterEvent = false;
  #probedAtMs: number | null = null;
  #probeMs = PROBED_MS;

  constructor(nowMs: number) {
    this.#startedAtMs = nowMs;
    this.#aliveAtMs = nowMs;
  }

  frame(nowMs: number): void {
    if (this.#frameAtMs !== null) this.#intervalMs += (nowMs - this.#frameAtMs - this.#intervalMs) / 8;
    this.#frameAtMs = nowMs;
    this.#aliveAtMs = nowMs;
    this.#afterEvent = false;
    this.#probedAtMs = null;
    this.#isConnected = true;
  }

  connected(nowMs: number): void {
    if (!this.#isConnected) this.#aliveAtMs = nowMs;
    this.#isConnected = true;
  }

  /** Frames should come now, and if they do not the session is in doubt at once. */
  expect(nowMs: number): void {
    this.#aliveAtMs = nowMs;
    this.#afterEvent = true;
    this.#probedAtMs = null;
    // The pause says nothing about the camera's rate.
    this.#frameAtMs &&= nowMs;
  }

  /** `accepted`: the server went along; else it could not be asked. */
  probed(nowMs: number, accepted: boolean): void {
    this.#probedAtMs = nowMs;
    this.#probeMs = accepted ? PROBED_MS : PROBE_AGAIN_MS;
  }

  remedy(nowMs: number): Remedy {
    if (!this.#isConnected) return nowMs - this.#startedAtMs > CONNECT_MS ? 'renew' : 'none';
    if (this.#frameAtMs === null && nowMs - this.#startedAtMs > FIRST_FRAME_MS) return 'renew';
    if (nowMs - this.#aliveAtMs <= this.#limitMs()) return 'none';
    if (this.#probedAtMs === null) return 'probe';
    if (nowMs - this.#probedAtMs <= this.#probeMs) return 'none';
    return this.#probeMs === PROBED_MS && this.#frameAtMs !== null ? 'renew' : 'probe';
  }

  #limitMs(): number {
    if (this.#frameAtMs === null) return FIRST_PROBE_MS;
    return Math.max(this.#afterEvent ? STILL_AFTER_EVENT_MS : STILL_MS, STILL_INTERVALS * this.#intervalMs);
  }
}
