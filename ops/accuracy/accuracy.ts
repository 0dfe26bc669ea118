import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { AppError, toAppError } from '#protocol/errors.ts';
import { openDetectorPool } from '#actors/inference/pool.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';
import { frameChoice, type FrameChoice } from '../replay/frame-choice.ts';
import { modelOf } from '../replay/replay-clip.ts';
import { findTruth, type TruthAndClip } from './find-truth.ts';
import { measureClip, type ClipResult } from './measure-clip.ts';
import { report, type FailedClip } from './report.ts';
import { table } from './table.ts';

const USAGE =
  'Usage: npm run footfall -- accuracy --truth DIR [--clips DIR] [--model FILE|NAME] [--fps N | --every N] [--json]';
const PROGRESS_EVERY_MS = 5000;

interface AccuracyOptions {
  readonly truth: string;
  readonly clips: string | undefined;
  readonly model: string | null;
  readonly frames: FrameChoice;
  readonly json: boolean;
}

/**
 * Counts clips whose truth is known and says how far the counts can be trusted. Exit status: 0 all clips measured, whatever the
 * figures; 1 a clip, a truth file or the model could not be used (stderr says which); 2 bad usage.
 */
export async function runAccuracy(argv: string[]): Promise<number> {
  let options: AccuracyOptions;
  try {
    options = parseOptions(argv);
  } catch (error) {
    say(toAppError(error).message);
    process.stderr.write(`${USAGE}\n`);
    return 2;
  }
  try {
    const found = await findTruth(options.truth, options.clips);
    const { clips, failed } = await measureAll(found, options);
    process.stdout.write(options.json ? `${JSON.stringify(report(clips, failed, options.frames))}\n` : table(clips));
    return failed.length === 0 ? 0 : 1;
  } catch (error) {
    for (const fault of toAppError(error).message.split('\n')) say(fault);
    return 1;
  }
}

function parseOptions(argv: string[]): AccuracyOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      truth: { type: 'string' },
      clips: { type: 'string' },
      model: { type: 'string' },
      fps: { type: 'string' },
      every: { type: 'string' },
      json: { type: 'boolean' },
    },
  });
  const { truth, clips, model, fps, every, json } = values;
  if (truth === undefined) throw new AppError('input.invalid', 'needs --truth');
  return { truth, clips, model: modelOf(model), frames: frameChoice(fps, every), json: json ?? false };
}

/** Clips one after another, each on all cores: so the longest does not run alone at the end. */
async function measureAll(
  found: readonly TruthAndClip[],
  options: AccuracyOptions,
): Promise<{ clips: ClipResult[]; failed: FailedClip[] }> {
  const pool = openDetectorPool({ threads: availableParallelism(), modelsFolder: modelsFolder(readEnv()) });
  const clips: ClipResult[] = [];
  const failed: FailedClip[] = [];
  try {
    await pool.load(options.model); // One that cannot be loaded is not every clip's fault.
    for (const one of found) {
      try {
        const clip = await measureClip(pool, one, options, progressOf(one.truth.clip));
        if (clip.isSameFile === false)
          say(`${clip.clip}: is not the file whose sha256 the truth names; measured anyway`);
        clips.push(clip);
      } catch (error) {
        const why = toAppError(error).message;
        say(why);
        failed.push({ clip: one.truth.clip, why });
      }
    }
  } finally {
    await pool.close();
  }
  return { clips, failed };
}

function progressOf(clip: string): (timeMs: number, durationMs: number | null) => void {
  let toldAtMs = performance.now();
  return (timeMs, durationMs) => {
    if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = performance.now();
    const ofTotal = durationMs === null ? '' : ` of ${(durationMs / 1000).toFixed(0)}`;
    say(`${clip}: ${(timeMs / 1000).toFixed(0)}${ofTotal} s`);
  };
}

function say(message: string): void {
  process.stderr.write(`accuracy: ${message}\n`);
}
