import { existsSync, readFileSync } from 'node:fs';
import { inject } from 'vitest';
import { eventually } from './reading.ts';

export interface Scenes {
  readonly simulatedCameras: string;
  readonly cacheDir: string;
  /** Written when rendering has ended: empty, or why it failed. */
  readonly outcomeFile: string;
}

/** The scenes of this run, all rendered: no product under test has to share the machine with that. */
export async function renderedScenes(): Promise<Scenes> {
  const scenes = inject('scenes');
  const { outcomeFile } = scenes;
  await eventually('rendered scenes', () => Promise.resolve(existsSync(outcomeFile)), Boolean, 240_000);
  const problem = readFileSync(outcomeFile, 'utf8');
  if (problem !== '') throw new Error(`the scenes could not be rendered: ${problem}`);
  return scenes;
}
