import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import type { DetectorPool } from '#actors/inference/detector.port.ts';
import { countFigures, countOf, type CountFigures, type Stretch } from '#db/accuracy/count-figures.ts';
import { matchEvents, type EventMatching, type TimedEvent, type TrueEvent } from '#db/accuracy/event-matching.ts';
import { occupancyFigures, visitFigures, type OccupancyFigures, type VisitFigures } from '#db/accuracy/zone-figures.ts';
import type { Direction } from '#protocol/geometry.ts';
import type { FrameChoice } from '../replay/frame-choice.ts';
import { replayClip } from '../replay/replay-clip.ts';
import { zoneReport } from '../replay/zone-report.ts';
import type { TruthAndClip } from './find-truth.ts';
import type { LineTruth } from './truth-file.ts';

/** Times from the clip's first picture. */
export interface CountedEvent extends TimedEvent {
  readonly trackId: number;
}

export interface LineResult {
  readonly clip: string;
  readonly id: string;
  readonly true: Readonly<Record<Direction, number>>;
  readonly counted: Readonly<Record<Direction, number>>;
  readonly isExact: boolean;
  /** Null where the truth holds no times of events. */
  readonly matching: EventMatching<TrueEvent, CountedEvent> | null;
  readonly figures: CountFigures | null;
}

export interface ZoneResult {
  readonly clip: string;
  readonly id: string;
  /** Either is null where the truth holds nothing to compare with. */
  readonly visits: VisitFigures | null;
  readonly occupancy: OccupancyFigures | null;
}

export interface ClipResult {
  readonly clip: string;
  readonly frames: number;
  readonly durationMs: number;
  readonly lines: readonly LineResult[];
  readonly zones: readonly ZoneResult[];
  /** Whether the clip is the one its truth was made from; null when the truth does not say. */
  readonly isSameFile: boolean | null;
  readonly model: string;
  readonly detectMs: readonly number[];
}

/** Counts the clip as a camera would and holds the result against its truth. Rejects as replayClip does. */
export async function measureClip(
  pool: DetectorPool,
  { truth, video }: TruthAndClip,
  options: { readonly model: string | null; readonly frames: FrameChoice },
  onProgress: (timeMs: number, durationMs: number | null) => void,
): Promise<ClipResult> {
  let lastMs = 0;
  const request = { video, geometry: truth.geometry, ...options };
  const analysis = await replayClip(pool, request, (timeMs, durationMs) => {
    lastMs = timeMs;
    onProgress(timeMs, durationMs);
  });
  const counted = analysis.crossings.map(({ line, crossedAtMs, direction, trackId }) => {
    return { line, atMs: crossedAtMs, direction, trackId };
  });
  return {
    clip: truth.clip,
    frames: analysis.frames,
    durationMs: lastMs,
    lines: truth.lines.map((line) => {
      const there = counted.filter((event) => event.line === line.id);
      return { clip: truth.clip, id: line.id, ...compareLine(line, there, lastMs) };
    }),
    zones: truth.zones.map(({ id, visits, occupancy }) => {
      const stays = zoneReport(id, analysis.zones).visits;
      return {
        ...{ clip: truth.clip, id, visits: visits && visitFigures(visits, stays) },
        occupancy: occupancy && occupancyFigures(occupancy, stays),
      };
    }),
    isSameFile: truth.sha256 === null ? null : truth.sha256 === (await sha256Of(video)),
    model: analysis.model,
    detectMs: analysis.detectMs,
  };
}

export function compareLine(
  truth: LineTruth,
  events: readonly CountedEvent[],
  durationMs: number,
): Omit<LineResult, 'clip' | 'id'> {
  const counted = countOf(events);
  const matching = truth.events === null ? null : matchEvents(truth.events, events);
  return {
    true: truth.true,
    counted,
    isExact: counted.in === truth.true.in && counted.out === truth.true.out,
    matching,
    figures: matching === null ? null : countFigures([{ fromMs: 0, untilMs: durationMs, matchings: [matching] }]),
  };
}

/** All clips' lines that have events, as what `countFigures` takes. */
export function stretchesOf(clips: readonly ClipResult[]): Stretch[] {
  return clips.map(({ durationMs, lines }) => ({
    fromMs: 0,
    untilMs: durationMs,
    matchings: lines.flatMap(({ matching }) => (matching === null ? [] : [matching])),
  }));
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
