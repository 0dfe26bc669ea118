import type { Zone } from '#protocol/geometry.ts';
import type { Track } from '../../tracking/track.ts';
import { addEntry, addExit, beginInterval, endInterval, passTime, peopleNow, type Interval } from './interval.ts';
import { estimatedWaitMs, leaveQueue, passQueueTime, UNKNOWN_PACE, type QueuePace } from './queue.ts';
import { regionOf, type Region } from './region.ts';
import { watchThreshold, type ThresholdWatch } from './threshold.ts';
import { endVisit, newVisitor, predecessorOf, stepVisitor, type Ground, type Visitor } from './visitor.ts';
import type { ZoneEvent } from './zone-event.ts';

export interface ZoneSettings {
  /** Half the band beside the border in which nobody's place is certain, in units of the person's own box. */
  readonly bandBoxes: number;
  /** A zone's side this near to the picture's edge lies on it. */
  readonly edgeFrac: number;
  /** Who is first seen in the band is, after this, where they stand. */
  readonly settleMs: number;
  /** Who stays for less than this has only passed, unless the zone says otherwise. */
  readonly minStayMs: number;
  /** Who is unseen for longer than this is gone; their visit ended when they were last seen. */
  readonly lostAfterMs: number;
  /** Least overlap of the boxes where one was lost and the other appeared that makes them one person. */
  readonly heirOverlap: number;
  /** Length of a measurement; they begin at its multiples. */
  readonly intervalMs: number;
  /** Between frames farther apart than this nothing was observed. */
  readonly maxGapMs: number;
  /** Over how long a queue's pace is averaged. */
  readonly queueMemoryMs: number;
  /** How long a limit must be crossed before that is told, unless the zone says otherwise. */
  readonly holdMs: number;
}

/** One zone and all that is known of it. Plain data. */
export interface ZoneState {
  readonly zone: Zone;
  readonly region: Region;
  readonly visitors: readonly Visitor[];
  /** Null before the first frame. */
  readonly interval: Interval | null;
  readonly pace: QueuePace;
  readonly over: ThresholdWatch | null;
  readonly under: ThresholdWatch | null;
}

export interface Frame {
  readonly tracks: readonly Track[];
  readonly timeMs: number;
  readonly lastMs: number | null;
}

export function newZone(zone: Zone, { edgeFrac }: ZoneSettings): ZoneState {
  const region = regionOf(zone.polygon, edgeFrac);
  return { zone, region, visitors: [], interval: null, pace: UNKNOWN_PACE, over: null, under: null };
}

export function stepZone(
  before: ZoneState,
  frame: Frame,
  settings: ZoneSettings,
): { zone: ZoneState; events: readonly ZoneEvent[] } {
  const step = new ZoneStep(before, frame, settings);
  step.passTime();
  step.visit();
  step.watchLimits();
  return step;
}

/** Nothing more is seen of it: what it has so far, up to the last frame. */
export function closeZone(zone: ZoneState, lastMs: number, settings: ZoneSettings): readonly ZoneEvent[] {
  const step = new ZoneStep(zone, { tracks: [], timeMs: lastMs, lastMs }, settings);
  step.close();
  return step.events;
}

export function peopleOf({ visitors }: ZoneState): number {
  return visitors.filter(({ visit }) => visit?.counts === true).length;
}

export function waitOf(zone: ZoneState): { waitMs?: number | null } {
  return zone.zone.isQueue === true ? { waitMs: estimatedWaitMs(zone.pace, peopleOf(zone)) } : {};
}

/** One frame's work on one zone. */
class ZoneStep {
  readonly events: ZoneEvent[] = [];
  readonly #frame: Frame;
  readonly #settings: ZoneSettings;
  readonly #ground: Ground;
  #zone: ZoneState;
  #interval: Interval;

  constructor(zone: ZoneState, frame: Frame, settings: ZoneSettings) {
    const { bandBoxes, settleMs } = settings;
    const { region } = zone;
    const { anchor = 'foot', minStayMs = settings.minStayMs } = zone.zone;
    this.#zone = zone;
    this.#frame = frame;
    this.#settings = settings;
    this.#ground = { region, anchor, minStayMs, bandBoxes, settleMs };
    this.#interval = zone.interval ?? beginInterval(frame.timeMs, 0);
  }

  get zone(): ZoneState {
    return { ...this.#zone, interval: this.#interval };
  }

  /** Until this frame all was as after the last. */
  passTime(): void {
    const { lastMs, timeMs } = this.#frame;
    if (lastMs === null || this.#zone.interval === null) return;
    const { intervalMs, maxGapMs, queueMemoryMs } = this.#settings;
    const people = peopleOf(this.#zone);
    const isObserved = timeMs - lastMs <= maxGapMs;
    if (isObserved) {
      this.#zone = { ...this.#zone, pace: passQueueTime(this.#zone.pace, people, timeMs - lastMs, queueMemoryMs) };
    }
    const boundaryMs = (Math.floor(lastMs / intervalMs) + 1) * intervalMs;
    if (timeMs >= boundaryMs) {
      if (isObserved) this.#interval = passTime(this.#interval, people, boundaryMs - lastMs);
      this.#measure(boundaryMs);
      this.#interval = beginInterval(isObserved ? boundaryMs : timeMs, people);
    }
    if (isObserved) this.#interval = passTime(this.#interval, people, timeMs - Math.max(lastMs, this.#interval.fromMs));
  }

  /** Only visitors who are seen, or given up, change. */
  visit(): void {
    const { tracks, timeMs } = this.#frame;
    const visitors = new Map(this.#zone.visitors.map((visitor) => [visitor.trackId, visitor]));
    const seen = tracks.filter((track) => track.seenAtMs === timeMs);
    const seenIds = new Set(seen.map(({ id }) => id));
    for (const track of seen) {
      let visitor = visitors.get(track.id);
      if (visitor === undefined) {
        const unseen = [...visitors.values()].filter(({ trackId }) => !seenIds.has(trackId));
        const predecessor = predecessorOf(track, unseen, this.#settings.heirOverlap);
        if (predecessor !== null) visitors.delete(predecessor.trackId);
        visitor = predecessor ?? newVisitor(track, this.#ground);
      }
      visitors.set(track.id, visitor.seenAtMs < timeMs ? this.#stepVisitor(visitor, track) : visitor);
    }
    for (const visitor of visitors.values()) {
      if (timeMs - visitor.seenAtMs <= this.#settings.lostAfterMs) continue;
      visitors.delete(visitor.trackId);
      this.#leave(endVisit(visitor, this.#ground));
    }
    this.#zone = { ...this.#zone, visitors: [...visitors.values()] };
    this.#interval = peopleNow(this.#interval, peopleOf(this.#zone));
  }

  watchLimits(): void {
    const { overPeople, underPeople } = this.#zone.zone;
    const people = peopleOf(this.#zone);
    const over = this.#watch('over', overPeople, people > (overPeople ?? Infinity));
    const under = this.#watch('under', underPeople, people < (underPeople ?? -Infinity));
    this.#zone = { ...this.#zone, over, under };
  }

  close(): void {
    if (this.#zone.interval === null) return;
    const people = peopleOf(this.#zone);
    for (const visitor of this.#zone.visitors) this.#leave(endVisit(visitor, this.#ground));
    this.#measure(this.#frame.timeMs, people);
  }

  #stepVisitor(before: Visitor, track: Track): Visitor {
    const { visitor, enteredAtMs, ended } = stepVisitor(before, track, this.#ground);
    if (enteredAtMs !== null) {
      this.events.push({ kind: 'entered', zone: this.#zone.zone.id, trackId: visitor.trackId, enteredAtMs });
      this.#interval = addEntry(this.#interval, enteredAtMs, this.#frame.timeMs);
    }
    this.#leave(ended);
    return visitor;
  }

  #leave(end: ReturnType<typeof endVisit>): void {
    if (end === null) return;
    this.events.push({ kind: 'left', zone: this.#zone.zone.id, ...end });
    this.#interval = addExit(this.#interval, end.enteredAtMs, end.leftAtMs, this.#frame.timeMs);
    this.#zone = { ...this.#zone, pace: leaveQueue(this.#zone.pace) };
  }

  #measure(untilMs: number, people = peopleOf(this.#zone)): void {
    const measurement = endInterval(this.#interval, untilMs, people);
    if (measurement === null) return;
    this.events.push({ kind: 'measured', zone: this.#zone.zone.id, ...measurement, ...waitOf(this.#zone) });
  }

  #watch(threshold: 'over' | 'under', limit: number | undefined, isBeyond: boolean): ThresholdWatch | null {
    if (limit === undefined) return null;
    const { holdMs = this.#settings.holdMs } = this.#zone.zone;
    const { timeMs } = this.#frame;
    const { watch, tells } = watchThreshold(this.#zone[threshold], limit, isBeyond, timeMs, holdMs);
    if (tells) {
      const { id: zone } = this.#zone.zone;
      const people = peopleOf(this.#zone);
      const { sinceMs } = watch;
      this.events.push({ kind: 'threshold', zone, threshold, limit, people, isBeyond, sinceMs, atMs: timeMs });
    }
    return watch;
  }
}
