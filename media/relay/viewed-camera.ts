import { randomBytes } from 'node:crypto';
import { AppError, toAppError } from '#protocol/errors.ts';
import { KeyFrameRequests } from './key-frame-requests.ts';
import type { PictureSource } from './own-stream.ts';
import type {
  JoinedViewer,
  KeyFrameRequestStats,
  RelayCamera,
  RelayEvents,
  RelayPacket,
  RestartedIce,
  ViewerStats,
} from './relay.port.ts';
import { buildWhepAnswer, type AnswerParts, type IceParts } from './whep-answer.ts';
import { buildRestartFragment, readFragment, type IceCredentials } from './whep-fragment.ts';
import { parseWhepOffer, type WhepOffer } from './whep.ts';

/** A viewer that has not finished ICE and DTLS by then is forgotten. */
export const CONNECT_WITHIN_MS = 15_000;
/** A connected viewer that has not been heard of for this long has vanished; browsers ask for consent every 2.5 to 6 s. */
export const VANISHED_AFTER_MS = 15_000;
/** Viewers whose goodbye may still come. */
const MAX_LEFT = 64;

/** What an adapter does for one camera; ViewedCamera does what is the same for all. */
export interface CameraOutlet {
  /** Makes the relay's end of one viewer's session. The events may come before it resolves. */
  connect(offer: WhepOffer, events: ConnectionEvents): Promise<ViewerConnection>;
  /** To all its connections. Never called without one. */
  send(packet: RelayPacket): void;
}

export interface ConnectionEvents {
  onConnected(): void;
  /** ICE or DTLS ended, by whichever side. */
  onGone(): void;
}

export interface ViewerConnection {
  readonly answer: AnswerParts;
  /** At most a few seconds old. */
  figures(): ViewerFigures;
  /** New credentials on both sides; the old path carries the video until the viewer has checked a new one. */
  restartIce(viewer: IceCredentials): Promise<IceParts>;
  /** Frees it; no event follows. */
  close(): void;
}

export type ViewerFigures = Omit<ViewerStats, 'viewerId' | 'connected'>;

interface Viewer {
  readonly viewerId: string;
  readonly offer: WhepOffer;
  readonly connection: ViewerConnection;
  /** Of its present ICE session. */
  usernameFragment: string;
  iceTag: string;
  isConnected: boolean;
  connectTimer: NodeJS.Timeout | null;
}

interface ViewedCameraOptions {
  readonly camera: string;
  readonly events: RelayEvents;
  readonly maxViewers: number;
  /** `source` counts the requests for key frames and holds back what are too many. */
  readonly openOutlet: (source: PictureSource) => CameraOutlet;
  readonly onClosed: () => void;
}

/** The viewers of one camera: who may join, who has come and gone, and that nothing is sent while there is none. */
export class ViewedCamera implements RelayCamera {
  readonly #options: ViewedCameraOptions;
  readonly #keyFrames: KeyFrameRequests;
  readonly #outlet: CameraOutlet;
  readonly #viewers = new Map<string, Viewer>();
  /** Ended their connection; players do so just before they say goodbye, which then is no mistake. */
  readonly #left = new Set<string>();
  #joining = 0;
  #isClosed = false;

  constructor(options: ViewedCameraOptions) {
    this.#options = options;
    const { events, openOutlet } = options;
    this.#keyFrames = new KeyFrameRequests(() => {
      events.onKeyFrameRequest();
    });
    this.#outlet = openOutlet({
      newestGop: () => events.newestGop?.() ?? [],
      onKeyFrameRequest: () => {
        this.#keyFrames.ask();
      },
    });
  }

  get isWatched(): boolean {
    return this.#viewers.size > 0;
  }

  write(packet: RelayPacket): void {
    if (this.isWatched) this.#outlet.send(packet);
  }

  async addViewer(offerSdp: string): Promise<JoinedViewer> {
    this.#refuseIfClosed();
    const offer = parseWhepOffer(offerSdp);
    if (this.#viewers.size + this.#joining >= this.#options.maxViewers) {
      const limit = String(this.#options.maxViewers);
      throw new AppError('relay.viewer-limit', `camera ${this.#options.camera} already has its ${limit} viewers`);
    }
    this.#joining += 1;
    try {
      return await this.#join(offer);
    } catch (error) {
      throw toAppError(error, 'relay.unavailable');
    } finally {
      this.#joining -= 1;
    }
  }

  async #join(offer: WhepOffer): Promise<JoinedViewer> {
    const viewerId = randomBytes(16).toString('hex');
    let isConnected = false;
    let isGone = false;
    const connection = await this.#outlet.connect(offer, {
      onConnected: () => {
        isConnected = true;
        this.#connected(viewerId);
      },
      onGone: () => {
        isGone = true;
        this.#leave(viewerId);
      },
    });
    if (this.#isClosed || isGone) {
      connection.close();
      this.#refuseIfClosed();
      throw new AppError('relay.unavailable', 'the viewer was gone before it was answered');
    }
    const connectTimer = isConnected
      ? null
      : setTimeout(() => {
          this.removeViewer(viewerId);
        }, CONNECT_WITHIN_MS);
    connectTimer?.unref();
    const { usernameFragment } = offer;
    const iceTag = newIceTag();
    this.#viewers.set(viewerId, { viewerId, offer, connection, usernameFragment, iceTag, isConnected, connectTimer });
    this.#options.events.onViewers(this.#viewers.size);
    return { viewerId, answerSdp: buildWhepAnswer(offer, connection.answer), iceTag };
  }

  #connected(viewerId: string): void {
    const viewer = this.#viewers.get(viewerId);
    if (viewer === undefined) return;
    viewer.isConnected = true;
    if (viewer.connectTimer !== null) clearTimeout(viewer.connectTimer);
  }

  async updateIce(viewerId: string, fragment: string, iceTags: readonly string[] | null): Promise<RestartedIce | null> {
    const viewer = this.#viewers.get(viewerId);
    if (viewer === undefined) throw viewerNotFound();
    const credentials = readFragment(fragment, viewer.usernameFragment);
    refuseOtherSession(viewer, iceTags);
    return credentials === null ? null : this.#restartIce(viewer, credentials);
  }

  /** If it fails the viewer keeps its session as it was. */
  async #restartIce(viewer: Viewer, credentials: IceCredentials): Promise<RestartedIce> {
    const parts = await viewer.connection.restartIce(credentials).catch((cause: unknown) => {
      throw toAppError(cause, 'relay.unavailable');
    });
    if (!this.#viewers.has(viewer.viewerId)) throw viewerNotFound();
    viewer.usernameFragment = credentials.usernameFragment;
    viewer.iceTag = newIceTag();
    return { iceTag: viewer.iceTag, fragment: buildRestartFragment(viewer.offer, parts) };
  }

  removeViewer(viewerId: string): boolean {
    const viewer = this.#viewers.get(viewerId);
    if (viewer === undefined) return this.#left.delete(viewerId);
    this.#viewers.delete(viewerId);
    free(viewer);
    this.#options.events.onViewers(this.#viewers.size);
    return true;
  }

  #leave(viewerId: string): void {
    if (!this.removeViewer(viewerId)) return;
    this.#left.add(viewerId);
    const [oldest] = this.#left;
    if (this.#left.size > MAX_LEFT && oldest !== undefined) this.#left.delete(oldest);
  }

  viewers(): readonly ViewerStats[] {
    return [...this.#viewers.values()].map(({ viewerId, isConnected, connection }) => ({
      viewerId,
      connected: isConnected,
      ...connection.figures(),
    }));
  }

  keyFrameRequests(): KeyFrameRequestStats {
    return this.#keyFrames.stats();
  }

  /** Also when the relay died under it: its viewers are told to nobody but `onViewers(0)`. */
  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const viewers = [...this.#viewers.values()];
    this.#viewers.clear();
    viewers.forEach(free);
    if (viewers.length > 0) this.#options.events.onViewers(0);
    this.#options.onClosed();
  }

  #refuseIfClosed(): void {
    if (!this.#isClosed) return;
    throw new AppError('relay.unavailable', `the relay of camera ${this.#options.camera} is closed`);
  }
}

function newIceTag(): string {
  return randomBytes(8).toString('hex');
}

function viewerNotFound(): AppError {
  return new AppError('relay.viewer-not-found', 'there is no such viewer (any more)');
}

function refuseOtherSession({ iceTag }: Viewer, iceTags: readonly string[] | null): void {
  if (iceTags === null) {
    throw new AppError(
      'relay.ice-session-not-named',
      'say which ICE session this is for: If-Match with the ETag of the last answer, or * to restart ICE',
    );
  }
  if (iceTags.includes('*') || iceTags.includes(iceTag)) return;
  throw new AppError('relay.ice-session-changed', 'this was meant for an ICE session that was restarted since');
}

function free(viewer: Viewer): void {
  if (viewer.connectTimer !== null) clearTimeout(viewer.connectTimer);
  viewer.connection.close();
}
