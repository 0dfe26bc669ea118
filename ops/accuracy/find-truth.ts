import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { AppError, toAppError } from '#protocol/errors.ts';
import { readTruth, type ClipTruth } from './truth-file.ts';

/** A clip with its truth. */
export interface TruthAndClip {
  readonly truth: ClipTruth;
  /** Where the clip should lie; whether it does shows when it is read. */
  readonly video: string;
}

/**
 * All truth files of a folder (or of its `truth` folder), in the order of their names, with clips from `clips`, else from the
 * `clips` folder beside, else from the same folder. Rejects with input.invalid that names every file at fault, a line each.
 */
export async function findTruth(folder: string, clips: string | undefined): Promise<TruthAndClip[]> {
  const truthFolder = existsSync(join(folder, 'truth')) ? join(folder, 'truth') : folder;
  const names = (await namesIn(truthFolder)).filter((name) => name.endsWith('.json')).sort();
  if (names.length === 0) {
    throw new AppError(
      'input.invalid',
      `truth ${truthFolder}: there is no .json file in it; name the folder with them`,
    );
  }
  const beside = [join(folder, 'clips'), join(truthFolder, '..', 'clips')].find((path) => existsSync(path));
  const clipFolder = clips ?? beside ?? truthFolder;
  const read = await Promise.allSettled(names.map((name) => readTruth(join(truthFolder, name))));
  const faults = read.flatMap((one) => (one.status === 'rejected' ? [toAppError(one.reason).message] : []));
  if (faults.length > 0) throw new AppError('input.invalid', faults.join('\n'));
  const truths = read.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
  return truths.map((truth) => ({ truth, video: join(clipFolder, truth.clip) }));
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (cause) {
    throw new AppError('input.invalid', `truth ${folder}: there is no such folder, or it may not be read`, { cause });
  }
}
