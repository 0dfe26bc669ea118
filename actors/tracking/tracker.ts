import type { Detection } from '../inference/detector.port.ts';
import { associate, containment, type Expectation } from './association.ts';
import { boxOf, correctMotion, predictMotion, startMotion, type BoxMotion, type MotionNoise } from './kalman.ts';
import type { Track } from './track.ts';

export interface TrackerSettings {
  /** Detections from this score on are matched first. */
  readonly highScore: number;
  /** Detections below this are not looked at. Between the two they only keep known tracks alive. */
  readonly lowScore: number;
  /** Least score of a detection that may begin a track. */
  readonly birthScore: number;
  /** Least overlap (see `associate`) of a track with a sure detection, with an unsure one, and of an unconfirmed track. */
  readonly overlap: number;
  readonly lowOverlap: number;
  readonly tentativeOverlap: number;
  /** A new box that lies this much within one already matched is taken to be a part of that person. */
  readonly birthContainment: number;
  /** How long a person may be unseen and still be the same track. */
  readonly hiddenForMs: number;
  /** How soon the second detection must follow the first. */
  readonly tentativeForMs: number;
  readonly noise: MotionNoise;
}

export const DEFAULT_TRACKER_SETTINGS: TrackerSettings = {
  highScore: 0.4,
  lowScore: 0.1,
  birthScore: 0.5,
  overlap: 0.2,
  lowOverlap: 0.4,
  tentativeOverlap: 0.3,
  birthContainment: 0.8,
  hiddenForMs: 1500,
  tentativeForMs: 400,
  noise: { centre: 0.06, size: 0.1, firstSpeed: 1.5, speedChange: 1, sizeChange: 0.2 },
};

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
  readonly seenAtMs: number;
  readonly detections: number;
}

export function createTracker(settings: Partial<TrackerSettings> = {}): TrackerState {
  return { settings: { ...DEFAULT_TRACKER_SETTINGS, ...settings }, timeMs: null, nextId: 1, people: [] };
}

/**
 * Takes one frame's detections and returns everybody followed, also those hidden for the moment (`seenAtMs` is older than
 * the frame then, and the box is where they are expected). Association as in ByteTrack (Zhang et al., ECCV 2022): sure
 * detections first, then unsure ones for tracks seen in the last frame that are still without one. Times are those of the
 * frames; all limits are times and none counts frames. A frame that is not newer than the last changes nothing.
 */
export function stepTracker(
  state: TrackerState,
  detections: readonly Detection[],
  timeMs: number,
): { state: TrackerState; tracks: readonly Track[] } {
  const { settings } = state;
  const { noise } = settings;
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, tracks: tracksOf(state.people) };
  const seconds = state.timeMs === null ? 0 : (timeMs - state.timeMs) / 1000;
  const people = state.people
    .filter(
      (person) => timeMs - person.seenAtMs <= (person.id === null ? settings.tentativeForMs : settings.hiddenForMs),
    )
    .map((person) => ({ ...person, motion: predictMotion(person.motion, seconds, noise) }));
  const sure = detections.filter(({ score }) => score >= settings.highScore);
  const unsure = detections.filter(({ score }) => score >= settings.lowScore && score < settings.highScore);
  const found = new Map<Person, Detection>();
  const match = (candidates: readonly Person[], offered: readonly Detection[], leastOverlap: number): Detection[] => {
    const matched = associate(candidates.map(expectationOf), offered, leastOverlap);
    const left = new Set(offered);
    candidates.forEach((person, row) => {
      const detection = offered[matched[row] ?? -1];
      if (detection === undefined) return;
      found.set(person, detection);
      left.delete(detection);
    });
    return [...left];
  };
  const confirmed = people.filter(({ id }) => id !== null);
  const tentative = people.filter(({ id }) => id === null);
  let left = match(confirmed, sure, settings.overlap);
  match(
    confirmed.filter((person) => !found.has(person) && person.seenAtMs === state.timeMs),
    unsure,
    settings.lowOverlap,
  );
  left = match(tentative, left, settings.tentativeOverlap);

  let { nextId } = state;
  const next: Person[] = people.map((person) => {
    const detection = found.get(person);
    if (detection === undefined) return person;
    return {
      id: person.id ?? nextId++,
      motion: correctMotion(person.motion, detection.box, noise),
      score: detection.score,
      bornAtMs: person.bornAtMs,
      seenAtMs: timeMs,
      detections: person.detections + 1,
    };
  });
  const taken = [...found.values()].map(({ box }) => box);
  for (const { box, score } of left) {
    if (score < settings.birthScore) continue;
    if (taken.some((other) => containment(box, other) > settings.birthContainment)) continue;
    next.push({ id: null, motion: startMotion(box, noise), score, bornAtMs: timeMs, seenAtMs: timeMs, detections: 1 });
  }
  return { state: { settings, timeMs, nextId, people: next }, tracks: tracksOf(next) };
}

function expectationOf({ motion }: Person): Expectation {
  return {
    box: boxOf(motion),
    deviationX: Math.sqrt(motion.x.positionVariance),
    deviationY: Math.sqrt(motion.y.positionVariance),
  };
}

function tracksOf(people: readonly Person[]): Track[] {
  const tracks: Track[] = [];
  for (const { id, motion, score, bornAtMs, seenAtMs, detections } of people) {
    if (id === null) continue;
    const velocity: [number, number] = [motion.x.velocity, motion.y.velocity];
    tracks.push({ id, box: boxOf(motion), score, velocity, bornAtMs, seenAtMs, detections });
  }
  return tracks;
}
