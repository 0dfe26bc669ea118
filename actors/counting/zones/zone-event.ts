import type { ZoneMeasurement } from './interval.ts';
import type { VisitEnd } from './visitor.ts';

/** Somebody has stayed long enough to count; they came at `enteredAtMs`. */
export interface ZoneEntry {
  readonly kind: 'entered';
  readonly zone: string;
  readonly trackId: number;
  readonly enteredAtMs: number;
}

/** Somebody who counted is gone. */
export interface ZoneVisit extends VisitEnd {
  readonly kind: 'left';
  readonly zone: string;
}

/** A limit has been crossed, or kept again, for long enough. */
export interface ZoneAlarm {
  readonly kind: 'threshold';
  readonly zone: string;
  readonly threshold: 'over' | 'under';
  readonly limit: number;
  readonly people: number;
  readonly isBeyond: boolean;
  readonly sinceMs: number;
  readonly atMs: number;
}

export interface ZoneMinute extends ZoneMeasurement {
  readonly kind: 'measured';
  readonly zone: string;
  /** At its end; queues only, and null while it is not known yet. */
  readonly waitMs?: number | null;
}

export type ZoneEvent = ZoneEntry | ZoneVisit | ZoneAlarm | ZoneMinute;
