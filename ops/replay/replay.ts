import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { AppError, toAppError } from '#protocol/errors.ts';
import { openDetectorPool } from '#actors/inference/pool.ts';
import { analyseFile } from './analyse-file.ts';
import type { FileAnalysis } from './analyse-file.ts';
import { readGeometry } from './geometry.ts';
import type { Geometry } from './geometry.ts';
import { measuredOn } from './measured-on.ts';
import { openVideoFile } from './video-file.ts';

const USAGE = 'Usage: npm run replay -- --video FILE --geometry FILE.json [--model FILE] [--fps N] [--json]';
/** What a camera gets unless its settings say otherwise. */
const DEFAULT_FPS = 10;
const MAX_FPS = 60;
const PROGRESS_EVERY_MS = 2000;

interface ReplayOptions {
  readonly video: string;
  readonly geometry: string;
  readonly model: string | null;
  readonly fps: number;
  readonly json: boolean;
}

/**
 * Counts what happens in a video file with the code that counts live. Exit status: 0 done, 1 something asked for could
 * not be used (one line on stderr says what), 2 bad usage.
 */
export async function runReplay(argv: string[]): Promise<number> {
  let options: ReplayOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    process.stderr.write(`replay: ${toAppError(error).message}\n${USAGE}\n`);
    return 2;
  }
  try {
    const geometry = await readGeometry(options.geometry);
    const analysis = await analyse(options, geometry);
    process.stdout.write(options.json ? `${JSON.stringify(report(analysis, geometry))}\n` : table(analysis, geometry));
    return 0;
  } catch (error) {
    process.stderr.write(`replay: ${toAppError(error).message}\n`);
    return 1;
  }
}

function parseOptions(argv: string[]): ReplayOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      video: { type: 'string' },
      geometry: { type: 'string' },
      model: { type: 'string' },
      fps: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const { video, geometry, model, json } = values;
  if (video === undefined || geometry === undefined)
    throw new AppError('input.invalid', 'needs --video and --geometry');
  const fps = values.fps === undefined ? DEFAULT_FPS : Number(values.fps);
  if (!(fps > 0 && fps <= MAX_FPS))
    throw new AppError('input.invalid', `--fps must be a number up to ${String(MAX_FPS)}`);
  return { video, geometry, model: model === undefined ? null : modelPath(model), fps, json: json ?? false };
}

/** On the command line a file may be named from the current folder; a bare name is a shipped model, as on a camera. */
function modelPath(model: string): string {
  return /[/\\]|\.onnx$/.test(model) ? resolve(model) : model;
}

async function analyse(options: ReplayOptions, { lines }: Geometry): Promise<FileAnalysis> {
  const video = await openVideoFile(options.video);
  const pool = openDetectorPool({ threads: availableParallelism() });
  const ofTotal = video.durationMs === null ? '' : ` of ${(video.durationMs / 1000).toFixed(0)} s`;
  let toldAtMs = performance.now();
  try {
    return await analyseFile(video, pool, { model: options.model, lines, maxFps: options.fps }, (timeMs) => {
      if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
      toldAtMs = performance.now();
      process.stderr.write(`replay: ${(timeMs / 1000).toFixed(0)} s${ofTotal}\n`);
    });
  } finally {
    await pool.close();
    await video.close();
  }
}

function report(analysis: FileAnalysis, { lines, zones }: Geometry): object {
  return {
    lines: lines.map(({ id }) => {
      const events = analysis.crossings
        .filter(({ line }) => line === id)
        .map(({ crossedAtMs, direction, trackId }) => ({ tMs: Math.round(crossedAtMs), dir: direction, trackId }));
      return { id, ...sums(analysis, id), events };
    }),
    zones: zones.map(({ id }) => {
      return { id, entries: null, exits: null, dwellMedianMs: null, why: 'this version counts lines only' };
    }),
    frames: analysis.frames,
    detectMsMedian: median(analysis.detectMs),
    trackMsMedian: median(analysis.trackMs),
    model: analysis.model,
    ...measuredOn(),
    runs: 1,
  };
}

function table(analysis: FileAnalysis, { lines }: Geometry): string {
  const width = Math.max(4, ...lines.map(({ id }) => id.length));
  const rows = lines.map(({ id }) => {
    const { in: ins, out } = sums(analysis, id);
    return `${id.padEnd(width)}  ${String(ins).padStart(5)}  ${String(out).padStart(5)}`;
  });
  const head = `${'line'.padEnd(width)}     in    out`;
  const detect = median(analysis.detectMs)?.toFixed(1) ?? '-';
  return `${[head, ...rows].join('\n')}\n\n${String(analysis.frames)} frames, ${detect} ms each for ${analysis.model}\n`;
}

function sums({ crossings }: FileAnalysis, id: string): { in: number; out: number } {
  const there = crossings.filter(({ line }) => line === id);
  const ins = there.filter(({ direction }) => direction === 'in').length;
  return { in: ins, out: there.length - ins };
}

function median(values: readonly number[]): number | null {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return middle === undefined ? null : Math.round(middle * 1000) / 1000;
}
