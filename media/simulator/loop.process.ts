import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { chunkPath } from './loop-cache.ts';
import { writeChunk } from './loop-chunk.ts';
import type { LoopStream, LoopUnit, SceneName } from './loop.port.ts';
import { planOf, type StreamPlan } from './loop-plan.ts';
import { createSceneRenderer } from './render.ts';
import { createScene, type Scene } from './scene.ts';
import { openGopEncoder } from './scene-encoder.node-av.ts';

/** What the renderer's process is told once, and what it says after each chunk. */
export interface RenderOrder {
  readonly scene: SceneName;
  readonly seed: number;
  readonly folder: string;
  readonly chunks: readonly { readonly stream: LoopStream; readonly gop: number }[];
}
export type RenderReport =
  | { readonly kind: 'rendered'; readonly stream: LoopStream; readonly gop: number }
  | { readonly kind: 'failed'; readonly isDiskFull: boolean; readonly message: string };

/** Chunks made at full speed, so that playing can start; the rest leaves the machine time for other work. */
const FAST_CHUNKS = 6;
/** Wall time of a chunk after those, at least. A chunk plays for 2 s and there are two streams: still 2.5 times as fast. */
const CALM_CHUNK_MS = 400;

process.once('message', (order: RenderOrder) => {
  work(order).then(
    () => process.disconnect(),
    (error: unknown) => {
      const isDiskFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
      const message = error instanceof Error ? error.message : String(error);
      report({ kind: 'failed', isDiskFull, message });
      process.disconnect();
    },
  );
});
// The parent is gone, by whatever death: nobody waits for the pictures.
process.on('disconnect', () => process.exit());

async function work(order: RenderOrder): Promise<void> {
  setPriority(10);
  const scene = createScene(order.scene, order.seed);
  const renderers = new Map<LoopStream, (tMs: number) => Buffer>();
  for (const [i, { stream, gop }] of order.chunks.entries()) {
    const startedAtMs = performance.now();
    const plan = planOf(order.scene, stream);
    const render = renderers.get(stream) ?? createSceneRenderer(scene, plan.widthPx, plan.heightPx);
    renderers.set(stream, render);
    await writeChunk(chunkPath(order.folder, stream, gop), await renderGop(scene, plan, gop, render));
    report({ kind: 'rendered', stream, gop });
    const left = i < FAST_CHUNKS ? 0 : CALM_CHUNK_MS - (performance.now() - startedAtMs);
    await sleep(Math.max(0, left));
  }
}

/** Pictures of a group: picture i of the stream shows `phaseMs + i * 1000 / fps`. */
async function renderGop(
  scene: Scene,
  plan: StreamPlan,
  gop: number,
  render: (tMs: number) => Buffer,
): Promise<LoopUnit[]> {
  const encoder = await openGopEncoder(plan);
  const units: LoopUnit[] = [];
  try {
    for (let i = 0; i < plan.unitsPerGop; i++) {
      const tMs = plan.phaseMs + ((gop * plan.unitsPerGop + i) * 1000) / plan.fps;
      units.push(await encoder.encode(render(tMs % scene.durationMs)));
    }
    return units;
  } finally {
    encoder.close();
  }
}

function report(message: RenderReport): void {
  process.send?.(message);
}
