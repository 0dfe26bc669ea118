import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { AppError, toAppError } from '#protocol/errors.ts';
import { openDetectorPool } from '#actors/inference/pool.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';
import type { FileAnalysis } from './analyse-file.ts';
import { frameChoice } from './frame-choice.ts';
import type { FrameChoice } from './frame-choice.ts';
import { readGeometry } from './geometry.ts';
import type { Geometry } from './geometry.ts';
import { lineReport } from './line-report.ts';
import { measuredOn } from './measured-on.ts';
import { median } from './median.ts';
import { modelOf, replayClip } from './replay-clip.ts';
import { zoneReport } from './zone-report.ts';

const USAGE =
  'Usage: npm run replay -- --video FILE --geometry FILE.json [--model FILE|NAME] [--fps N | --every N] [--json]';
const PROGRESS_EVERY_MS = 2000;

interface ReplayOptions {
  readonly video: string;
  readonly geometry: string;
  readonly model: string | null;
  readonly frames: FrameChoice;
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
      every: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const { video, geometry, model, json } = values;
  if (video === undefined || geometry === undefined)
    throw new AppError('input.invalid', 'needs --video and --geometry');
  return { video, geometry, model: modelOf(model), frames: frameChoice(values.fps, values.every), json: json ?? false };
}

async function analyse({ video, model, frames }: ReplayOptions, geometry: Geometry): Promise<FileAnalysis> {
  const pool = openDetectorPool({ threads: availableParallelism(), modelsFolder: modelsFolder(readEnv()) });
  let toldAtMs = performance.now();
  try {
    return await replayClip(pool, { video, geometry, model, frames }, (timeMs, durationMs) => {
      if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
      toldAtMs = performance.now();
      const ofTotal = durationMs === null ? '' : ` of ${(durationMs / 1000).toFixed(0)} s`;
      process.stderr.write(`replay: ${(timeMs / 1000).toFixed(0)} s${ofTotal}\n`);
    });
  } finally {
    await pool.close();
  }
}

function report(analysis: FileAnalysis, { lines, zones }: Geometry): object {
  return {
    lines: lines.map(({ id }) => lineReport(id, analysis)),
    zones: zones.map(({ id }) => zoneReport(id, analysis.zones)),
    frames: analysis.frames,
    detectMsMedian: median(analysis.detectMs),
    trackMsMedian: median(analysis.trackMs),
    model: analysis.model,
    ...measuredOn(),
    runs: 1,
  };
}

function table(analysis: FileAnalysis, { lines, zones }: Geometry): string {
  const width = Math.max(4, ...[...lines, ...zones].map(({ id }) => id.length));
  const row = (name: string, ...cells: (number | string | null)[]): string =>
    `${name.padEnd(width)}  ${cells.map((cell) => String(cell ?? '-').padStart(5)).join('  ')}`;
  const lineRows = lines.map(({ id }) => {
    const { in: ins, out, fragmentation } = lineReport(id, analysis);
    return row(id, ins, out, fragmentation);
  });
  const zoneRows = zones.map(({ id }) => {
    const { entries, exits, peopleMin, peopleMean, peopleMax, dwellMedianMs } = zoneReport(id, analysis.zones);
    const dwellS = dwellMedianMs === null ? null : (dwellMedianMs / 1000).toFixed(1);
    return row(id, entries, exits, peopleMin, peopleMean, peopleMax, dwellS);
  });
  const tables = [
    ...(lines.length === 0 ? [] : [row('line', 'in', 'out', 'ids'), ...lineRows]),
    ...(zones.length === 0 ? [] : [row('zone', 'came', 'left', 'min', 'mean', 'max', 'dwell'), ...zoneRows]),
  ];
  const detect = median(analysis.detectMs)?.toFixed(1) ?? '-';
  return `${tables.join('\n')}\n\n${String(analysis.frames)} frames, ${detect} ms each for ${analysis.model}\n`;
}
