import type { ZoneEvent, ZoneMinute, ZoneVisit } from '#actors/counting/zones/zone-event.ts';
import { median } from './median.ts';

/** What happened in the zones of a file. */
export interface ZoneHappenings {
  readonly events: readonly ZoneEvent[];
  /** What only the file's end ended: these people were still inside. */
  readonly atEnd: readonly ZoneEvent[];
}

export interface ZoneReport {
  readonly id: string;
  readonly entries: number;
  readonly exits: number;
  /** Of all visits, also of those the file's end cut short; null without visits. */
  readonly dwellMedianMs: number | null;
  readonly peopleMin: number | null;
  readonly peopleMax: number | null;
  /** Weighted by time. */
  readonly peopleMean: number | null;
  readonly visits: readonly {
    readonly fromMs: number;
    readonly toMs: number;
    readonly dwellMs: number;
    readonly trackId: number;
    readonly appeared: boolean;
    readonly lost: boolean;
  }[];
}

export function zoneReport(id: string, { events, atEnd }: ZoneHappenings): ZoneReport {
  const of = [...events, ...atEnd].filter(({ zone }) => zone === id);
  const minutes = of.filter((event): event is ZoneMinute => event.kind === 'measured');
  const left = of.filter((event): event is ZoneVisit => event.kind === 'left');
  const visits = left
    .toSorted((a, b) => a.enteredAtMs - b.enteredAtMs)
    .map(({ enteredAtMs, leftAtMs, trackId, appeared, lost }) => {
      const [fromMs, toMs] = [Math.round(enteredAtMs), Math.round(leftAtMs)];
      return { fromMs, toMs, dwellMs: toMs - fromMs, trackId, appeared, lost };
    });
  const observedMs = minutes.reduce((sum, minute) => sum + minute.observedMs, 0);
  const personMs = minutes.reduce((sum, minute) => sum + minute.peopleMean * minute.observedMs, 0);
  return {
    id,
    entries: of.filter(({ kind }) => kind === 'entered').length,
    exits: events.filter(({ zone, kind }) => zone === id && kind === 'left').length,
    dwellMedianMs: median(visits.map(({ dwellMs }) => dwellMs)),
    peopleMin: minutes.length === 0 ? null : Math.min(...minutes.map(({ peopleMin }) => peopleMin)),
    peopleMax: minutes.length === 0 ? null : Math.max(...minutes.map(({ peopleMax }) => peopleMax)),
    peopleMean: observedMs === 0 ? null : Math.round((personMs / observedMs) * 1000) / 1000,
    visits,
  };
}
