import { createContext } from 'svelte';
import { SvelteMap } from 'svelte/reactivity';
import { safeParse } from 'valibot';
import type { CameraState } from '#protocol/camera.ts';
import { pageMessageSchema, type CountsMessage, type PageMessage, type PageRequest } from '#protocol/live.ts';
import type { SkewReport } from '#protocol/skew.ts';
import { BoxListeners, type BoxListener } from './box-listeners.ts';
import { RETRY_CAP_MS, retryDelayMs } from './retry.ts';

/** The server speaks at least every 10 s; silence longer than this is a dead connection. */
const SILENCE_MS = 25_000;
/** An attempt that met a dead path is given up, for the next may meet a living one. */
const CONNECT_TIMEOUT_MS = 4_000;
/** After a wake, the answer to a ping. */
const PING_MS = 2_000;
/** The protocol's limit on one page. */
const MAX_WATCHED = 64;

export interface LiveSeed {
  readonly states: readonly CameraState[];
  readonly counts: readonly CountsMessage[];
}

/**
 * What the page knows live: every camera's state and counts, and the boxes of the cameras it shows. Starts from what the
 * server rendered and reconnects by itself for as long as it is open.
 */
export class LiveFeed {
  readonly states = new SvelteMap<string, CameraState>();
  readonly counts = new SvelteMap<string, CountsMessage>();
  /** false only once a connection was lost or could not be made: the first attempt counts as connected. */
  connected = $state(true);
  /** What the server says is wrong with itself. */
  notice = $state<string | null>(null);

  readonly #address: () => string;
  readonly #onCamerasChanged: () => void;
  readonly #boxListeners = new BoxListeners(() => {
    this.#askForBoxes();
  });
  #socket: WebSocket | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #failures = 0;
  #open = false;

  constructor(seed: LiveSeed, address: () => string, onCamerasChanged: () => void) {
    this.#address = address;
    this.#onCamerasChanged = onCamerasChanged;
    for (const state of seed.states) this.states.set(state.camera, state);
    for (const counts of seed.counts) this.counts.set(counts.camera, counts);
  }

  /** Returns its own end. */
  open(): () => void {
    this.#open = true;
    this.#connect();
    window.addEventListener('online', this.#wake);
    window.addEventListener('pageshow', this.#wake);
    document.addEventListener('visibilitychange', this.#wake);
    return () => {
      this.#open = false;
      window.removeEventListener('online', this.#wake);
      window.removeEventListener('pageshow', this.#wake);
      document.removeEventListener('visibilitychange', this.#wake);
      clearTimeout(this.#timer);
      this.#socket?.close();
      this.#socket = null;
    };
  }

  /** Asks for a camera's boxes until the returned function is called. */
  watchBoxes(camera: string, listener: BoxListener): () => void {
    return this.#boxListeners.add(camera, listener);
  }

  /** Left out while there is no connection. */
  reportSkew(report: SkewReport): void {
    this.#send({ type: 'skew', report });
  }

  /** The page was away, or the network: who waits tries now, and what seems to stand is asked whether it does. */
  readonly #wake = (): void => {
    if (document.visibilityState !== 'visible') return;
    this.#failures = 0;
    if (this.#socket === null) this.#connect();
    else if (this.#send({ type: 'ping' })) this.#expectWithin(PING_MS);
  };

  #connect(): void {
    clearTimeout(this.#timer);
    const socket = new WebSocket(this.#address());
    this.#socket = socket;
    this.#expectWithin(CONNECT_TIMEOUT_MS);
    socket.onopen = () => {
      this.#failures = 0;
      this.connected = true;
      this.#askForBoxes();
    };
    socket.onmessage = ({ data }) => {
      this.#expectWithin(SILENCE_MS);
      this.#take(String(data));
    };
    socket.onclose = () => {
      if (this.#socket === socket) this.#lost();
    };
  }

  #expectWithin(ms: number): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#socket?.close();
      this.#lost();
    }, ms);
  }

  #lost(): void {
    this.#socket = null;
    clearTimeout(this.#timer);
    if (!this.#open) return;
    this.connected = false;
    this.#failures++;
    this.#timer = setTimeout(
      () => {
        this.#connect();
      },
      retryDelayMs(this.#failures, Math.random(), RETRY_CAP_MS.feed),
    );
  }

  #askForBoxes(): void {
    this.#send({ type: 'watch', boxesOf: this.#boxListeners.cameras.slice(0, MAX_WATCHED) });
  }

  #send(request: PageRequest): boolean {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(request));
    return true;
  }

  #take(text: string): void {
    const message = readMessage(text);
    if (message === null) return;
    switch (message.type) {
      case 'boxes':
        this.#boxListeners.tell(message.boxes);
        break;
      case 'counts': {
        const known = this.counts.get(message.counts.camera);
        const older = known?.sinceMs === message.counts.sinceMs && known.version > message.counts.version;
        if (!older) this.counts.set(message.counts.camera, message.counts);
        break;
      }
      case 'state':
        this.states.set(message.state.camera, message.state);
        break;
      case 'cameras-changed':
        this.#onCamerasChanged();
        break;
      case 'notice':
        this.notice = message.notice;
    }
  }
}

/** A page older than its server may meet a message it does not know: it is left out. */
function readMessage(text: string): PageMessage | null {
  try {
    const result = safeParse(pageMessageSchema, JSON.parse(text));
    return result.success ? result.output : null;
  } catch {
    return null;
  }
}

export const [liveFeed, provideLiveFeed] = createContext<LiveFeed>();
