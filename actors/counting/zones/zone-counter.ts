import type { Zone } from '#protocol/geometry.ts';
import type { Track } from '../../tracking/track.ts';
import { closeZone, newZone, peopleOf, stepZone, waitOf, type ZoneSettings, type ZoneState } from './zone.ts';
import type { ZoneEvent } from './zone-event.ts';

export const DEFAULT_ZONE_COUNTER_SETTINGS: ZoneSettings = {
  bandBoxes: 0.15,
  edgeFrac: 0.02,
  settleMs: 1_000,
  minStayMs: 1_000,
  lostAfterMs: 3_000,
  heirOverlap: 0.3,
  intervalMs: 60_000,
  maxGapMs: 2_000,
  queueMemoryMs: 300_000,
  holdMs: 5_000,
};

/** Plain data: survives JSON, so that a snapshot bridges a restart. */
export interface ZoneCounterState {
  readonly settings: ZoneSettings;
  /** Time of the last frame; null before the first. */
  readonly timeMs: number | null;
  readonly zones: readonly ZoneState[];
}

export interface ZoneCounterStep {
  readonly state: ZoneCounterState;
  readonly events: readonly ZoneEvent[];
}

export interface ZonePeople {
  readonly zone: string;
  readonly people: number;
  /** Queues only; null while it is not known yet. */
  readonly waitMs?: number | null;
}

export function createZoneCounter(zones: readonly Zone[], settings: Partial<ZoneSettings> = {}): ZoneCounterState {
  const all = { ...DEFAULT_ZONE_COUNTER_SETTINGS, ...settings };
  return { settings: all, timeMs: null, zones: zones.map((zone) => newZone(zone, all)) };
}

/** Other zones from now on. One that stays where it was keeps who is inside; in any other all visits end. */
export function withZones(state: ZoneCounterState, zones: readonly Zone[]): ZoneCounterStep {
  const gone = state.zones.filter((known) => !zones.some((zone) => isSamePlace(known.zone, zone)));
  const next = zones.map((zone) => {
    const kept = state.zones.find((known) => isSamePlace(known.zone, zone));
    return kept === undefined ? newZone(zone, state.settings) : { ...kept, zone };
  });
  return { state: { ...state, zones: next }, events: closed(gone, state) };
}

/**
 * Takes the tracks of one frame. Somebody is inside once their box is clear of the border, outside once it is clear again,
 * and in between where they were before; they came and went when their path met the border. They count once they have stayed
 * for the zone's least time, and while they are hidden until they are given up, so a count does not flicker with the boxes.
 * Only places where somebody was seen say anything. A frame that is not newer than the last changes nothing.
 */
export function stepZoneCounter(state: ZoneCounterState, tracks: readonly Track[], timeMs: number): ZoneCounterStep {
  if (state.timeMs !== null && timeMs <= state.timeMs) return { state, events: [] };
  const frame = { tracks, timeMs, lastMs: state.timeMs };
  const steps = state.zones.map((zone) => stepZone(zone, frame, state.settings));
  return {
    state: { ...state, timeMs, zones: steps.map(({ zone }) => zone) },
    events: steps.flatMap(({ events }) => events),
  };
}

/** The pictures break off here: all visits end when they were last seen. What was told about thresholds still stands. */
export function finishZoneCounter(state: ZoneCounterState): ZoneCounterStep {
  const zones = state.zones.map((zone) => ({ ...zone, visitors: [], interval: null }));
  return { state: { ...state, timeMs: null, zones }, events: closed(state.zones, state) };
}

/** How many are inside now. */
export function peopleIn({ zones }: ZoneCounterState): ZonePeople[] {
  return zones.map((zone) => ({ zone: zone.zone.id, people: peopleOf(zone), ...waitOf(zone) }));
}

function closed(zones: readonly ZoneState[], { timeMs, settings }: ZoneCounterState): ZoneEvent[] {
  return timeMs === null ? [] : zones.flatMap((zone) => closeZone(zone, timeMs, settings));
}

function isSamePlace(a: Zone, b: Zone): boolean {
  const place = ({ id, polygon, anchor }: Zone) => JSON.stringify([id, polygon, anchor ?? 'foot']);
  return place(a) === place(b);
}
