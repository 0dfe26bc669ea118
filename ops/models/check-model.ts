import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';

/** `footfall model check`: loads a file (or a model of this installation) as a worker does. Rejects with what is wrong. */
export async function checkModel(subject: string): Promise<number> {
  const isFile = /[/\\]|\.onnx$/i.test(subject) || existsSync(subject);
  const path = isFile ? resolve(subject) : resolveModel(subject, modelsFolder(readEnv()));
  const { card, warmUpMs, release } = await loadModel(await readModelFile(path));
  await release();
  const { widthPx, heightPx, fit } = card.shape;
  const input = `${String(widthPx)}x${String(heightPx)}, ${fit}`;
  process.stdout.write(`${card.name}: ${card.format}, input ${input}, ${warmUpMs.toFixed(1)} ms a picture here\n`);
  return 0;
}
