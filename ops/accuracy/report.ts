import { DEFAULT_TOLERANCE_MS } from '#protocol/truth.ts';
import { blockLength } from '#db/accuracy/block-bootstrap.ts';
import { BOOTSTRAP_SEED, countFigures, median, type CountFigures } from '#db/accuracy/count-figures.ts';
import type { TimedEvent } from '#db/accuracy/event-matching.ts';
import type { FrameChoice } from '../replay/frame-choice.ts';
import { measuredOn } from '../replay/measured-on.ts';
import { stretchesOf, type ClipResult, type LineResult } from './measure-clip.ts';

export interface FailedClip {
  readonly clip: string;
  readonly why: string;
}

/** What `--json` prints: one line's worth, every figure that could not be had null with a `why` beside it. */
export function report(clips: readonly ClipResult[], failed: readonly FailedClip[], frames: FrameChoice): object {
  const lines = clips.flatMap((clip) => clip.lines);
  return {
    lines: lines.map((line) => lineReport(line, clips.find(({ clip }) => clip === line.clip)?.durationMs ?? 0)),
    zones: clips.flatMap(({ zones }) => zones),
    total: { true: sums(lines, 'true'), counted: sums(lines, 'counted'), ...countFigures(stretchesOf(clips)) },
    allExact: failed.length === 0 && lines.every(({ isExact }) => isExact),
    clips: clips.map(({ clip, frames: looked, durationMs, isSameFile }) => {
      return { clip, frames: looked, durationMs: Math.round(durationMs), isSameFile };
    }),
    failed,
    defaultToleranceMs: DEFAULT_TOLERANCE_MS,
    bootstrapSeed: BOOTSTRAP_SEED,
    framesTaken: frames,
    detectMsMedian: median(clips.flatMap(({ detectMs }) => detectMs)),
    model: clips[0]?.model ?? null,
    ...measuredOn(),
    runs: 1,
  };
}

function lineReport(
  { clip, id, true: truth, counted, isExact, matching, figures }: LineResult,
  durationMs: number,
): object {
  const figuresOrWhy = figures ?? { ...NO_FIGURES, why: 'the truth holds counts without the times of events' };
  return {
    clip,
    id,
    true: truth,
    counted,
    isExact,
    ...figuresOrWhy,
    ...(figures?.errorInterval95 === null && { why: 'the clip is too short for the bootstrap: three blocks at least' }),
    bootstrapBlockS: blockLength(Math.ceil(durationMs / 1000)),
    missed: matching?.missed.map(eventReport) ?? null,
    extra: matching?.extra.map((event) => ({ ...eventReport(event), trackId: event.trackId })) ?? null,
  };
}

const NO_FIGURES: Record<keyof CountFigures, null> = {
  eventPrecision: null,
  eventPrecision95: null,
  eventRecall: null,
  eventRecall95: null,
  errorInterval95: null,
  errorInterval95In: null,
  errorInterval95Out: null,
  timeErrorMedianMs: null,
};

function eventReport({ atMs, direction }: TimedEvent): { tMs: number; dir: string } {
  return { tMs: Math.round(atMs), dir: direction };
}

export function sums(lines: readonly LineResult[], of: 'true' | 'counted'): { in: number; out: number } {
  return lines.reduce((sum, line) => ({ in: sum.in + line[of].in, out: sum.out + line[of].out }), { in: 0, out: 0 });
}
