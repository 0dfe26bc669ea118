import type { BoxesMessage } from '#protocol/live.ts';
import { rtpTimestampOf, signedTicks, TICKS_PER_MS } from './ticks.ts';

type Corners = readonly [x1: number, y1: number, x2: number, y2: number];
type Track = BoxesMessage['tracks'][number];

/** A box as drawn on one video frame, in image fractions, with the way its foot came. */
export interface ShownBox {
  readonly id: number;
  readonly box: Corners;
  readonly score: number;
  /** Foot points of the last moments, oldest first, the present one last. */
  readonly trail: readonly (readonly [x: number, y: number])[];
}

export interface ShownBoxes {
  /** The shown frame's own time on the camera's timeline. */
  readonly ticks90k: number;
  /** Distance in time from the shown frame to the nearest analysed one, ms. */
  readonly skewMs: number;
  readonly boxes: readonly ShownBox[];
}

const KEPT_MS = 4_000;
const TRAIL_MS = 1_500;
/** Boxes are moved by their velocity at most this far in time; beyond it people have turned. */
const MOVED_AT_MOST_MS = 300;
/** Older than this, boxes say nothing about the picture. */
const STALE_MS = 1_200;

/**
 * The last seconds of one camera's boxes, and the answer to "where are they on the frame with this RTP time stamp".
 * Between two analysed frames boxes are interpolated; ahead of the newest (the usual case: the video is faster than the
 * analysis) they move on with the tracker's velocity.
 */
export class BoxHistory {
  #messages: BoxesMessage[] = [];

  push(message: BoxesMessage): void {
    const last = this.#messages.at(-1);
    // A new run starts its track ids afresh; a message far off the last one belongs to another timeline.
    if (last !== undefined && (last.run !== message.run || ageMs(last, message) > 60_000)) this.#messages = [];
    let at = this.#messages.length;
    while (at > 0 && (this.#messages[at - 1]?.ticks90k ?? 0) > message.ticks90k) at--;
    this.#messages.splice(at, 0, message);
    const newest = this.#messages.at(-1) ?? message;
    this.#messages = this.#messages.filter((each) => ageMs(each, newest) <= KEPT_MS);
  }

  /** null: nothing was analysed near that frame. */
  at(rtpTimestamp: number): ShownBoxes | null {
    let before: BoxesMessage | undefined;
    let after: BoxesMessage | undefined;
    for (const message of this.#messages) {
      if (aheadMs(message, rtpTimestamp) <= 0) before = message;
      else after ??= message;
    }
    const nearest = nearer(before, after, rtpTimestamp);
    if (nearest === undefined) return null;
    const ahead = aheadMs(nearest, rtpTimestamp);
    if (Math.abs(ahead) > STALE_MS) return null;
    const ticks90k = nearest.ticks90k - ahead * TICKS_PER_MS;
    const other = nearest === before ? after : before;
    const boxes = nearest.tracks.map((track): ShownBox => {
      const pair = other?.tracks.find(({ id }) => id === track.id);
      const box =
        pair !== undefined && other !== undefined && Math.abs(aheadMs(other, rtpTimestamp)) <= STALE_MS
          ? between(track.box, pair.box, -ahead / (aheadMs(other, rtpTimestamp) - ahead))
          : moved(track, -ahead);
      return { id: track.id, box, score: track.score, trail: this.#trail(track.id, box, ticks90k) };
    });
    return { ticks90k, skewMs: Math.abs(ahead), boxes };
  }

  #trail(id: number, box: Corners, ticks90k: number): [number, number][] {
    const trail: [number, number][] = [];
    for (const message of this.#messages) {
      const behindMs = (ticks90k - message.ticks90k) / TICKS_PER_MS;
      if (behindMs <= 0 || behindMs > TRAIL_MS) continue;
      const track = message.tracks.find((each) => each.id === id);
      if (track !== undefined) trail.push(foot(track.box));
    }
    trail.push(foot(box));
    return trail;
  }
}

/** How far the analysed frame lies after the shown one, ms. */
function aheadMs(message: BoxesMessage, rtpTimestamp: number): number {
  return signedTicks(rtpTimestampOf(message.ticks90k), rtpTimestamp) / TICKS_PER_MS;
}

function ageMs(message: BoxesMessage, newest: BoxesMessage): number {
  return Math.abs(newest.ticks90k - message.ticks90k) / TICKS_PER_MS;
}

function nearer(
  before: BoxesMessage | undefined,
  after: BoxesMessage | undefined,
  rtpTimestamp: number,
): BoxesMessage | undefined {
  if (before === undefined || after === undefined) return before ?? after;
  return -aheadMs(before, rtpTimestamp) <= aheadMs(after, rtpTimestamp) ? before : after;
}

function moved({ box, velocity }: Track, byMs: number): Corners {
  const seconds = Math.max(-MOVED_AT_MOST_MS, Math.min(MOVED_AT_MOST_MS, byMs)) / 1000;
  const dx = velocity[0] * seconds;
  const dy = velocity[1] * seconds;
  return [box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy];
}

function between(from: Corners, to: Corners, share: number): Corners {
  const mix = (a: number, b: number): number => a + (b - a) * share;
  return [mix(from[0], to[0]), mix(from[1], to[1]), mix(from[2], to[2]), mix(from[3], to[3])];
}

function foot(box: Corners): [number, number] {
  return [(box[0] + box[2]) / 2, box[3]];
}
