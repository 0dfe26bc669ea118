import { AppError } from '#protocol/errors.ts';
import type {
  JoinedViewer,
  KeyFrameRequestStats,
  Relay,
  RelayCamera,
  RelayEvents,
  RelayPacket,
  RestartedIce,
  ViewerStats,
} from '#media/relay/relay.port.ts';
import { backoffMs, type BackoffPolicy } from '#ops/runtime/backoff.ts';
import type { Log } from '#ops/runtime/log.ts';

const REOPEN: BackoffPolicy = { firstMs: 200, capMs: 10_000, stableMs: 60_000 };

export interface RelayHostOptions {
  readonly open: () => Promise<Relay>;
  readonly log: Log;
}

/**
 * Keeps a relay running: when it dies a new one is opened and every camera gets its place in it. Cameras hold on to what
 * `camera()` gave them; viewers connect again by themselves.
 */
export class RelayHost {
  readonly #options: RelayHostOptions;
  readonly #places = new Set<CameraPlace>();
  #relay: Relay | null = null;
  #closed = false;

  private constructor(options: RelayHostOptions) {
    this.#options = options;
  }

  static async start(options: RelayHostOptions): Promise<RelayHost> {
    const host = new RelayHost(options);
    host.#adopt(await options.open());
    return host;
  }

  /** null while it is being opened anew. */
  get kind(): Relay['kind'] | null {
    return this.#relay?.kind ?? null;
  }

  camera(camera: string, events: RelayEvents): RelayCamera {
    const place = new CameraPlace(camera, events, () => this.#places.delete(place));
    this.#places.add(place);
    place.moveTo(this.#relay);
    return place;
  }

  async close(): Promise<void> {
    this.#closed = true;
    await this.#relay?.close();
  }

  #adopt(relay: Relay): void {
    this.#relay = relay;
    for (const place of this.#places) place.moveTo(relay);
    void relay.died.then((error) => this.#reopen(error));
  }

  async #reopen(error: unknown): Promise<void> {
    this.#relay = null;
    for (const place of this.#places) place.moveTo(null);
    this.#options.log.warn({ error }, 'the video relay died; opening a new one');
    for (let failures = 1; !this.#closed; failures += 1) {
      await new Promise((resolve) => setTimeout(resolve, backoffMs(REOPEN, failures, Math.random())));
      try {
        const relay = await this.#options.open();
        if (this.#closed) await relay.close();
        else this.#adopt(relay);
        return;
      } catch (cause) {
        this.#options.log.error({ error: cause }, 'the video relay could not be opened; trying again');
      }
    }
  }
}

/** A camera's place in whichever relay runs now. */
class CameraPlace implements RelayCamera {
  readonly #camera: string;
  readonly #events: RelayEvents;
  readonly #onClosed: () => void;
  #inner: RelayCamera | null = null;

  constructor(camera: string, events: RelayEvents, onClosed: () => void) {
    this.#camera = camera;
    this.#events = events;
    this.#onClosed = onClosed;
  }

  moveTo(relay: Relay | null): void {
    this.#inner?.close();
    this.#inner = relay?.openCamera(this.#camera, this.#events) ?? null;
    if (relay === null) this.#events.onViewers(0);
  }

  get isWatched(): boolean {
    return this.#inner?.isWatched ?? false;
  }

  write(packet: RelayPacket): void {
    this.#inner?.write(packet);
  }

  async addViewer(offerSdp: string): Promise<JoinedViewer> {
    return this.#running().addViewer(offerSdp);
  }

  async updateIce(viewerId: string, fragment: string, iceTags: readonly string[] | null): Promise<RestartedIce | null> {
    return this.#running().updateIce(viewerId, fragment, iceTags);
  }

  removeViewer(viewerId: string): boolean {
    return this.#inner?.removeViewer(viewerId) ?? false;
  }

  viewers(): readonly ViewerStats[] {
    return this.#inner?.viewers() ?? [];
  }

  keyFrameRequests(): KeyFrameRequestStats {
    return this.#inner?.keyFrameRequests() ?? { asked: 0, passedOn: 0 };
  }

  close(): void {
    this.#inner?.close();
    this.#inner = null;
    this.#onClosed();
  }

  #running(): RelayCamera {
    if (this.#inner !== null) return this.#inner;
    throw new AppError('relay.unavailable', `the video relay is starting; ask for ${this.#camera} again in a second`);
  }
}
