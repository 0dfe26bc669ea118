import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { clockText } from '#media/simulator/caption.ts';
import { decorOf } from '#media/simulator/decor.ts';
import { readChunk, writeChunk } from '#media/simulator/loop-chunk.ts';
import type { LoopUnit, SceneName } from '#media/simulator/loop.port.ts';
import { createRenderer } from '#media/simulator/render.ts';
import { openGopEncoder } from '#media/simulator/scene-encoder.node-av.ts';
import { createScene, type Scene } from '#media/simulator/scene.ts';

/** A place, and whether its people are there. */
export interface LoopSpec {
  readonly scene: SceneName;
  readonly seed: number;
  readonly isEmpty: boolean;
}

/** Half of them with people, whose seeds no detector was trained on. An empty place shows its light, its noise and its clock. */
export const LOOPS: readonly LoopSpec[] = [
  { scene: 'entrance', seed: 3_000_001, isEmpty: false },
  { scene: 'hall', seed: 3_000_002, isEmpty: false },
  { scene: 'entrance', seed: 3_000_003, isEmpty: false },
  { scene: 'hall', seed: 3_000_004, isEmpty: false },
  { scene: 'entrance', seed: 3_000_005, isEmpty: true },
  { scene: 'hall', seed: 3_000_006, isEmpty: true },
];

/** A sub-stream as cameras send it. */
export const STREAM = { widthPx: 640, heightPx: 360, fps: 10, unitsPerGop: 20 } as const;
const ENCODING = { stream: 'sub', phaseMs: 0, quality: 22, maxKbps: 700, ...STREAM } as const;

export interface Loop {
  readonly spec: LoopSpec;
  readonly scene: Scene;
  readonly units: readonly LoopUnit[];
}

/** From the cache, or rendered into it (some ten seconds of a core). */
export async function openLoop(spec: LoopSpec, cacheDir: string): Promise<Loop> {
  const scene = createScene(spec.scene, spec.seed);
  const pictures = (scene.durationMs * STREAM.fps) / 1000;
  const name = `${spec.scene}-${String(spec.seed)}${spec.isEmpty ? '-empty' : ''}.gop`;
  const path = join(cacheDir, name);
  const kept = await readChunk(path, pictures);
  if (kept !== null) return { spec, scene, units: kept };
  mkdirSync(cacheDir, { recursive: true });
  const units = await render(scene, spec, pictures);
  await writeChunk(path, units);
  return { spec, scene, units };
}

async function render(scene: Scene, { isEmpty }: LoopSpec, pictures: number): Promise<LoopUnit[]> {
  const renderer = createRenderer({ ...scene, decor: decorOf(scene.name) }, STREAM.widthPx, STREAM.heightPx);
  const units: LoopUnit[] = [];
  for (let first = 0; first < pictures; first += STREAM.unitsPerGop) {
    const encoder = await openGopEncoder({ ...ENCODING, gops: pictures / STREAM.unitsPerGop });
    for (let i = first; i < first + STREAM.unitsPerGop; i += 1) {
      const timeMs = (i * 1000) / STREAM.fps;
      const turn = (2 * Math.PI * timeMs) / scene.durationMs;
      const rgba = renderer.render({
        figures: isEmpty ? [] : scene.figuresAt(timeMs),
        sun: 0.62 + 0.28 * Math.sin(2 * turn + scene.seed) + 0.1 * Math.sin(5 * turn),
        noiseSeed: timeMs,
        captions: [scene.title, clockText(timeMs)],
      });
      units.push(await encoder.encode(rgba));
    }
    encoder.close();
  }
  return units;
}
