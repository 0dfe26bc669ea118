import type { Box } from '#protocol/geometry.ts';
import type { Track } from '../../tracking/track.ts';

/** One person's way through the picture, as far as it was followed. */
export interface Walk {
  readonly trackId: number;
  /** Where somebody was seen, oldest first, thinned as it grows to at most `MOST_SAMPLES`; first and last always stay. */
  readonly samples: readonly WalkSample[];
  /** Frames in which the track was alive, and those of them in which the detector saw the person. */
  readonly frames: number;
  readonly seenFrames: number;
}

export interface WalkSample {
  readonly box: Box;
  readonly score: number;
}

/**
 * A way that has ended: numbers in place of objects, a tenth of their size, because hundreds are kept of each camera.
 * `places`: x1 y1 x2 y2 score of one sample after the other.
 */
interface EndedWalk extends Omit<Walk, 'samples'> {
  readonly places: Float32Array;
}

/** Plain data. The newest `MOST_WALKS` people, of whom those still followed come last. */
export interface WalkLog {
  readonly ended: readonly EndedWalk[];
  readonly open: readonly Walk[];
}

const NUMBERS_PER_SAMPLE = 5;
const MOST_WALKS = 300;
const MOST_SAMPLES = 40;
/** Whoever was seen less often is as likely a false detection as a person. */
const LEAST_SEEN_FRAMES = 3;

export const EMPTY_WALK_LOG: WalkLog = { ended: [], open: [] };

/** Takes the tracks of one frame, hidden ones included. */
export function recordTracks(log: WalkLog, tracks: readonly Track[], timeMs: number): WalkLog {
  const known = new Map(log.open.map((walk) => [walk.trackId, walk]));
  const open = tracks.map((track) => {
    const walk = known.get(track.id) ?? { trackId: track.id, samples: [], frames: 0, seenFrames: 0 };
    known.delete(track.id);
    return walkedOn(walk, track, timeMs);
  });
  if (known.size === 0) return { ended: log.ended, open };
  const gone = [...known.values()].filter(({ seenFrames }) => seenFrames >= LEAST_SEEN_FRAMES);
  return { ended: [...log.ended, ...gone.map(packed)].slice(-MOST_WALKS), open };
}

/** Everybody the log knows of, also those still followed. */
export function walksOf({ ended, open }: WalkLog): readonly Walk[] {
  return [...ended.map(unpacked), ...open.filter(({ seenFrames }) => seenFrames >= LEAST_SEEN_FRAMES)];
}

function walkedOn(walk: Walk, { box, score, seenAtMs }: Track, timeMs: number): Walk {
  const frames = walk.frames + 1;
  if (seenAtMs < timeMs) return { ...walk, frames };
  const samples = [...thinned(walk.samples), { box, score }];
  return { ...walk, frames, seenFrames: walk.seenFrames + 1, samples };
}

/** Every second one, once there is no room for another. */
function thinned(samples: readonly WalkSample[]): readonly WalkSample[] {
  if (samples.length < MOST_SAMPLES) return samples;
  return samples.filter((_, index) => index % 2 === 0);
}

function packed({ samples, ...walk }: Walk): EndedWalk {
  const places = new Float32Array(samples.length * NUMBERS_PER_SAMPLE);
  for (const [i, { box, score }] of samples.entries()) {
    places.set([box.x1, box.y1, box.x2, box.y2, score], i * NUMBERS_PER_SAMPLE);
  }
  return { ...walk, places };
}

function unpacked({ places, ...walk }: EndedWalk): Walk {
  const samples = Array.from({ length: places.length / NUMBERS_PER_SAMPLE }, (_, i) => {
    const [x1 = 0, y1 = 0, x2 = 0, y2 = 0, score = 0] = places.subarray(i * NUMBERS_PER_SAMPLE);
    return { box: { x1, y1, x2, y2 }, score };
  });
  return { ...walk, samples };
}
