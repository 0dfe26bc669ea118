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

/** A chunk plays for 2 s, and each of the two streams has its own. */
const PLAYING_MS_PER_CHUNK = 1000;
/** So far ahead of somebody who has played from the start, the renderer works only half of the time. */
const CALM_LEAD_MS = 8000;

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
  const beganAtMs = performance.now();
  const scene = createScene(order.scene, order.seed);
  const renderers = new Map<LoopStream, (tMs: number) => Buffer>();
  for (const [i, { stream, gop }] of order.chunks.entries()) {
    const startedAtMs = performance.now();
    const plan = planOf(order.scene, stream);
    const render = renderers.get(stream) ?? createSceneRenderer(scene, plan.widthPx, plan.heightPx);
    renderers.set(stream, render);
    await writeChunk(chunkPath(order.folder, stream, gop), await renderGop(scene, plan, gop, render));
    report({ kind: 'rendered', stream, gop });
    const nowMs = performance.now();
    const leadMs = (i + 1) * PLAYING_MS_PER_CHUNK - (nowMs - beganAtMs);
    if (leadMs > CALM_LEAD_MS) await sleep(nowMs - startedAtMs);
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
