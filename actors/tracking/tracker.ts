import type { Box } from '#protocol/geometry.ts';
import type { Detection } from '../inference/detector.port.ts';
import { associate, containmentOf, type Expectation } from './association.ts';
import { boxOf, correctMotion, predictMotion, startMotion, type BoxMotion, type MotionNoise } from './kalman.ts';
import { returned } from './return.ts';
import type { Track } from './track.ts';

export interface TrackerSettings {
  /** Detections from this score on are sure: they are matched first, and only they confirm a track. */
  readonly highScore: number;
  /** Detections below this are not looked at. Those between the two only keep known tracks alive. */
  readonly lowScore: number;
  /** Least score of a detection that may begin a track. */
  readonly birthScore: number;
  /** Least overlap (see `associate`) of a track with a sure detection, and with an unsure one. */
  readonly overlap: number;
  readonly unsureOverlap: number;
  /**
   * A box of which more than this lies within the box of somebody known (or the other way round) is taken to be a second box
   * of that person: it neither begins nor confirms a track. Somebody really behind them gets a track once they stand clear.
   */
  readonly containment: number;
  /** How long a person may be unseen and still be the same track. */
  readonly hiddenForMs: number;
  /** Whoever was followed for this long and is lost is looked for where they were seen last, too: see `returned`. */
  readonly knownForMs: number;
  /** How long after the last sight an unsure detection is still believed. */
  readonly unsureForMs: number;
  /** How soon the second detection must follow the first, where frames are not farther apart anyway. */
  readonly tentativeForMs: number;
  readonly noise: MotionNoise;
}

export const DEFAULT_TRACKER_SETTINGS: TrackerSettings = {
  highScore: 0.4,
  lowScore: 0.1,
  birthScore: 0.4,
  overlap: 0.2,
  unsureOverlap: 0.4,
  containment: 0.6,
  hiddenForMs: 1800,
  knownForMs: 500,
  unsureForMs: 500,
  tentativeForMs: 250,
  // A walker makes 1.4 m/s and is about half a metre wide.
  noise: { centre: 0.06, size: 0.1, firstSpeed: 2.5, speedChange: 1.5, sizeChange: 0.2 },
};

/** No camera is faster. Stamps closer than this are squeezed together, as after a clock was set back; people go on walking. */
const LEAST_STEP_MS = 15;

/** Plain data: survives JSON, so that a snapshot bridges a restart. */
export interface TrackerState {
  readonly settings: TrackerSettings;
  /** Time of the last frame; null before the first. */
  readonly timeMs: number | null;
  readonly nextId: number;
  readonly people: readonly Person[];
}

interface Person {
  /** Null until a second detection confirmed the first. */
  readonly id: number | null;
  readonly motion: BoxMotion;
  readonly score: number;
  readonly bornAtMs: number;
  readonly firstBox: Box;
  readonly seenAtMs: number;
  readonly lastBox: Box;
  readonly detections: number;
}

export function createTracker(settings: Partial<TrackerSettings> = {}): TrackerState {
  return { settings: { ...DEFAULT_TRACKER_SETTINGS, ...settings }, timeMs: null, nextId: 1, people: [] };
}

/**
 * Takes one frame's detections and returns everybody followed, also those hidden for the moment (`seenAtMs` is older than
 * the frame then, and the box is where they are expected). Association as in ByteTrack (Zhang et al., ECCV 2022): sure
 * detections first, then unsure ones for tracks just seen that are still without one, then what is left for tracks not yet
 * confirmed. All limits are times of the frames; none counts frames. A frame that is not newer than the last changes nothing.
 */
export function stepTracker(
  state: TrackerState,
  detections: readonly Detection[],
  timeMs: number,
): { state: TrackerState; tracks: readonly Track[] } {
  const { settings } = state;
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, tracks: tracksOf(state.people) };
  const lastMs = state.timeMs ?? timeMs;
  const seconds = Math.max(timeMs - lastMs, LEAST_STEP_MS) / 1000;
  const people = state.people
    .filter((person) => isStillAwaited(person, lastMs, timeMs, settings))
    .map((person) => ({ ...person, motion: predictMotion(person.motion, seconds, settings.noise) }));

  const found = new Map<Person, Detection>();
  const confirmed = people.filter(({ id }) => id !== null);
  const sure = detections.filter(({ score }) => score >= settings.highScore);
  match(confirmed, sure, settings.overlap, found);
  const justSeen = confirmed.filter(
    (person) => !found.has(person) && (person.seenAtMs === lastMs || timeMs - person.seenAtMs <= settings.unsureForMs),
  );
  const unsure = detections.filter(({ score }) => score >= settings.lowScore && score < settings.highScore);
  match(justSeen, unsure, settings.unsureOverlap, found);
  const clear = clearOf(boxesOf(found), without(sure, found), settings.containment);
  const tentative = people.filter(({ id }) => id === null);
  match(tentative, clear, settings.overlap, found);

  let { nextId } = state;
  const back = new Set<Person>();
  const seen = people.map((person) => {
    const detection = found.get(person);
    if (detection === undefined) return person;
    const next = corrected(person, detection, timeMs, settings.noise);
    if (person.id !== null) return next;
    const lost = confirmed.filter((other) => !found.has(other) && !back.has(other) && isKnownWell(other, settings));
    const known = returned(person.firstBox, person.bornAtMs, lost);
    if (known === null) return { ...next, id: nextId++ };
    back.add(known);
    const { id, bornAtMs, firstBox } = known;
    return { ...next, id, bornAtMs, firstBox, detections: known.detections + next.detections };
  });
  const newcomers = clearOf(boxesOf(found), without(clear, found), settings.containment);
  const next = [...seen.filter((person) => !back.has(person)), ...born(newcomers, timeMs, settings)];
  return { state: { settings, timeMs, nextId, people: next }, tracks: tracksOf(next) };
}

/** Adds to `found` whom each detection belongs to. */
function match(
  people: readonly Person[],
  detections: readonly Detection[],
  leastOverlap: number,
  found: Map<Person, Detection>,
): void {
  const matched = associate(people.map(expectationOf), detections, leastOverlap);
  people.forEach((person, row) => {
    const detection = detections[matched[row] ?? -1];
    if (detection !== undefined) found.set(person, detection);
  });
}

function without(detections: readonly Detection[], found: ReadonlyMap<Person, Detection>): Detection[] {
  const taken = new Set(found.values());
  return detections.filter((detection) => !taken.has(detection));
}

function corrected(person: Person, { box, score }: Detection, timeMs: number, noise: MotionNoise): Person {
  const motion = correctMotion(person.motion, box, noise);
  return { ...person, motion, score, seenAtMs: timeMs, lastBox: box, detections: person.detections + 1 };
}

function boxesOf(found: ReadonlyMap<Person, Detection>): Box[] {
  return [...found.values()].map(({ box }) => box);
}

/** The detections that are no second box of anybody in `known`, nor of a better detection among themselves. */
function clearOf(known: readonly Box[], detections: readonly Detection[], containment: number): Detection[] {
  const clear: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    const others = [...known, ...clear.map(({ box }) => box)];
    if (others.every((other) => containmentOf(detection.box, other) <= containment)) clear.push(detection);
  }
  return clear;
}

function born(detections: readonly Detection[], timeMs: number, { birthScore, noise }: TrackerSettings): Person[] {
  return detections
    .filter(({ score }) => score >= birthScore)
    .map(({ box, score }) => ({
      id: null,
      motion: startMotion(box, noise),
      score,
      bornAtMs: timeMs,
      firstBox: box,
      lastBox: box,
      seenAtMs: timeMs,
      detections: 1,
    }));
}

/** A box that only flashed up does not come back as somebody else. */
function isKnownWell({ bornAtMs, seenAtMs }: Person, { knownForMs }: TrackerSettings): boolean {
  return seenAtMs - bornAtMs >= knownForMs;
}

function isStillAwaited({ id, seenAtMs }: Person, lastMs: number, timeMs: number, settings: TrackerSettings): boolean {
  const unseenForMs = timeMs - seenAtMs;
  if (unseenForMs > settings.hiddenForMs) return false;
  return id !== null || seenAtMs === lastMs || unseenForMs <= settings.tentativeForMs;
}

function expectationOf({ motion }: Person): Expectation {
  return {
    box: boxOf(motion),
    deviationX: Math.sqrt(motion.x.positionVariance),
    deviationY: Math.sqrt(motion.y.positionVariance),
  };
}

function tracksOf(people: readonly Person[]): Track[] {
  return people.flatMap(({ id, motion, score, bornAtMs, firstBox, seenAtMs, detections }) => {
    if (id === null) return [];
    return [
      {
        id,
        box: boxOf(motion),
        score,
        velocity: [motion.x.velocity, motion.y.velocity],
        bornAtMs,
        firstBox,
        seenAtMs,
        detections,
      },
    ];
  });
}
