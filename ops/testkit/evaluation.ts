import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { readEnv } from '#ops/runtime/env.ts';
import { projectRoot } from '#ops/runtime/paths.ts';

/**
 * The folder with real clips, their truth and other people's models (`clips/ truth/ models/`): FOOTFALL_EVAL, or an
 * `eval` folder in a neighbour of the checkout. They may not be given on, so they are not in the repository: null after
 * printing what is not tested then.
 */
export function evaluationFolder(notTested: string): string | null {
  const neighbours = join(projectRoot, '..');
  const candidates = readdirSync(neighbours).map((name) => join(neighbours, name, 'eval'));
  const folder = [readEnv().evalDir ?? '', ...candidates].find((path) => existsSync(join(path, 'clips')));
  if (folder !== undefined) return folder;
  console.warn(`not tested: ${notTested}, since there is no folder of evaluation clips (FOOTFALL_EVAL points at one)`);
  return null;
}
