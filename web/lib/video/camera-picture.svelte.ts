import type { OverlayMode } from '#protocol/skew.ts';
import { BoxLag } from '../live/box-lag.ts';
import { exposeVideo } from '../live/debug-door.ts';
import { FrameClock } from '../live/frame-clock.ts';
import type { LiveFeed } from '../live/live-feed.svelte.ts';
import { readingBetween, sampleOf, type VideoReading, type VideoSample } from '../live/video-stats.ts';
import { WhepPlayer } from '../live/whep-player.svelte.ts';
import { ZonesNow } from '../live/zones-now.svelte.ts';
import type { BoxesLayer } from './boxes-layer.ts';
import { offScreenPx } from './off-screen.ts';

const TICK_MS = 1_000;
const REPORT_EVERY_TICKS = 10;

/** What can be told about a picture that is being watched, for whoever wonders why it looks as it does. */
export interface PictureReading extends VideoReading {
  readonly mode: OverlayMode;
  readonly skew: ReturnType<BoxesLayer['skew']['read']>;
  /** Boxes come so long after their picture. */
  readonly boxLagMs: number | null;
  /** The video is asked to wait so long; null: for nothing. */
  readonly holdMs: number | null;
}

export interface CameraPictureOptions {
  readonly camera: string;
  readonly video: HTMLVideoElement;
  readonly boxes: BoxesLayer;
  readonly feed: LiveFeed;
}

/** One camera's picture on a page: its video, the boxes on it, how the two are kept together, and what that is like. */
export class CameraPicture {
  readonly zones = new ZonesNow();
  readonly player: WhepPlayer;
  /** Once a second while `isMeasured`. */
  reading = $state.raw<PictureReading | null>(null);
  isMeasured = false;
  readonly #options: CameraPictureOptions;
  readonly #lag = new BoxLag();
  #mode: OverlayMode = 'live';
  #holdMs: number | null = null;
  #sample: VideoSample | null = null;
  #ticks = 0;

  constructor(options: CameraPictureOptions) {
    const { camera, video } = options;
    this.#options = options;
    this.player = new WhepPlayer({ camera, video, nearness: () => offScreenPx(video) });
  }

  /** Listens and draws until the returned function is called. What is played is the player's own matter. */
  open(): () => void {
    const { camera, video, boxes, feed } = this.#options;
    const clock = new FrameClock(
      video,
      () => this.player.session?.receiver ?? null,
      (frame) => {
        this.player.noteFrame();
        this.#lag.picture(frame);
        boxes.onFrame(frame);
      },
    );
    clock.start();
    const unwatch = feed.watchBoxes(camera, (message) => {
      this.#lag.boxes(message.ticks90k, performance.now());
      boxes.history.push(message);
      this.zones.take(message);
    });
    const conceal = exposeVideo(camera, {
      lastBoxes: () =>
        boxes.shown && {
          ticks90k: boxes.shown.ticks90k,
          skewMs: boxes.shown.skewMs,
          tracks: boxes.shown.boxes.map(({ id, box }) => ({ id, box })),
        },
      frames: () => this.player.frames,
      skew: () => boxes.skew.read(),
    });
    const timer = setInterval(() => {
      this.#tick();
    }, TICK_MS);
    return () => {
      clearInterval(timer);
      conceal();
      unwatch();
      clock.stop();
      this.player.stop();
      this.#report();
    };
  }

  setMode(mode: OverlayMode): void {
    if (mode === this.#mode) return;
    this.#report();
    this.#mode = mode;
    this.#options.boxes.skew.restart();
    this.#hold();
  }

  #tick(): void {
    this.#hold();
    this.#ticks += 1;
    if (this.#ticks % REPORT_EVERY_TICKS === 0) this.#report();
    if (this.isMeasured) void this.#measure();
    else this.#sample = null;
  }

  /** Has the browser keep each frame until its boxes can be there. It gets there by and by, playing a little slower. */
  #hold(): void {
    const receiver = this.player.session?.receiver;
    this.#holdMs = this.#mode === 'live' ? null : this.#lag.holdMs();
    if (receiver === undefined || !('jitterBufferTarget' in receiver)) return;
    if (receiver.jitterBufferTarget !== this.#holdMs) receiver.jitterBufferTarget = this.#holdMs;
  }

  #report(): void {
    const counted = this.#options.boxes.skew.take();
    if (counted === null) return;
    this.#options.feed.reportSkew({ camera: this.#options.camera, mode: this.#mode, ...counted });
  }

  async #measure(): Promise<void> {
    // Refused by a connection that has just been closed.
    const stats = (await this.player.session?.peer.getStats().catch(() => null)) ?? null;
    const sample = stats === null ? null : sampleOf(stats);
    if (sample === null) {
      this.reading = null;
      return;
    }
    this.reading = {
      ...readingBetween(this.#sample, sample),
      mode: this.#mode,
      skew: this.#options.boxes.skew.read(),
      boxLagMs: this.#lag.medianMs,
      holdMs: this.#holdMs,
    };
    this.#sample = sample;
  }
}
