/** What happened in a zone in one stretch of time, as far as it has gone. Plain data. */
export interface Interval {
  readonly fromMs: number;
  /** The part of it in which the camera saw. */
  readonly observedMs: number;
  /** Time spent inside by all together. */
  readonly personMs: number;
  readonly peopleMin: number;
  readonly peopleMax: number;
  readonly entries: number;
  readonly exits: number;
  /** Of those who left in it, together. */
  readonly dwellMs: number;
}

/** A finished stretch. Entries and exits are those decided in it. */
export interface ZoneMeasurement {
  readonly fromMs: number;
  readonly untilMs: number;
  readonly observedMs: number;
  readonly peopleMin: number;
  readonly peopleMax: number;
  /** Weighted by time. */
  readonly peopleMean: number;
  /** Inside at the end. */
  readonly people: number;
  readonly entries: number;
  readonly exits: number;
  /** Null when nobody left. */
  readonly dwellMeanMs: number | null;
}

export function beginInterval(fromMs: number, people: number): Interval {
  const none = { observedMs: 0, personMs: 0, entries: 0, exits: 0, dwellMs: 0 };
  return { fromMs, ...none, peopleMin: people, peopleMax: people };
}

/** So many were inside for so long. */
export function passTime(interval: Interval, people: number, forMs: number): Interval {
  const { observedMs, personMs } = interval;
  return { ...interval, observedMs: observedMs + forMs, personMs: personMs + people * forMs };
}

export function peopleNow(interval: Interval, people: number): Interval {
  const { peopleMin, peopleMax } = interval;
  return { ...interval, peopleMin: Math.min(peopleMin, people), peopleMax: Math.max(peopleMax, people) };
}

/** Who begins to count has been inside since `enteredAtMs`. */
export function addEntry(interval: Interval, enteredAtMs: number, nowMs: number): Interval {
  const uncountedMs = nowMs - Math.max(enteredAtMs, interval.fromMs);
  return { ...interval, entries: interval.entries + 1, personMs: interval.personMs + Math.max(0, uncountedMs) };
}

/** Who is given up, or certainly out, has been outside since `leftAtMs`. */
export function addExit(interval: Interval, enteredAtMs: number, leftAtMs: number, nowMs: number): Interval {
  const overcountedMs = nowMs - Math.max(leftAtMs, interval.fromMs);
  const { exits, dwellMs, personMs } = interval;
  return {
    ...interval,
    exits: exits + 1,
    dwellMs: dwellMs + leftAtMs - enteredAtMs,
    personMs: personMs - Math.max(0, overcountedMs),
  };
}

/** Null when the camera saw nothing of it. */
export function endInterval(interval: Interval, untilMs: number, people: number): ZoneMeasurement | null {
  const { fromMs, observedMs, personMs, peopleMin, peopleMax, entries, exits, dwellMs } = interval;
  if (observedMs <= 0 && entries + exits === 0) return null;
  const peopleMean = observedMs <= 0 ? people : Math.min(peopleMax, Math.max(peopleMin, personMs / observedMs));
  const dwellMeanMs = exits === 0 ? null : dwellMs / exits;
  return { fromMs, untilMs, observedMs, peopleMin, peopleMax, peopleMean, people, entries, exits, dwellMeanMs };
}
