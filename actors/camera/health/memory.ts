import type { PictureMemory } from '#protocol/picture-health.ts';
import { presentProblems, recallPictureHealth, type PictureHealth } from './picture-health.ts';

/** For the bucket. */
export function memoryOf(camera: string, url: string, health: PictureHealth): PictureMemory {
  const { view } = health;
  const edges = (of: Float32Array): string => Buffer.from(Int8Array.from(of, Math.round).buffer).toString('base64');
  return {
    camera,
    url,
    view: view === null ? null : { ...view, edges: edges(view.edges) },
    problems: presentProblems(health),
  };
}

/** What is known of another stream is no use. */
export function recalled(health: PictureHealth, url: string, memory: PictureMemory | null): PictureHealth {
  if (memory?.url !== url) return health;
  const { view, problems } = memory;
  const edges = (text: string): Float32Array => Float32Array.from(new Int8Array(Buffer.from(text, 'base64')));
  return recallPictureHealth(health, view === null ? null : { ...view, edges: edges(view.edges) }, problems);
}
