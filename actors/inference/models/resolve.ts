import { existsSync, readdirSync, statSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { DEMO_MODEL, parseModelRef } from '#protocol/models.ts';

const SHIPPED_FOLDER = import.meta.dirname;

/**
 * Where a camera's model lies: null is the shipped one; the name of a shipped model is
 * that one; `NAME@12345678` is that file in `folder`, where models are kept, and `NAME` the newest of its files; anything else must be an absolute path. Says
 * nothing about whether a file is there. Throws input.invalid.
 */
export function resolveModel(model: string | null, folder: string | null = null): string {
  const asked = model ?? DEMO_MODEL;
  if (isAbsolute(asked)) return asked;
  const ref = parseModelRef(asked.replace(/\.onnx$/i, ''));
  if (ref === null)
    throw new AppError('input.invalid', `model "${asked}" is neither a model's name nor an absolute path`);
  const shipped = join(SHIPPED_FOLDER, `${ref.name}.onnx`);
  if (folder === null || existsSync(shipped)) return shipped;
  if (ref.digest !== null) return join(folder, `${ref.name}@${ref.digest}.onnx`);
  return newest(folder, ref.name) ?? join(folder, `${ref.name}.onnx`);
}

function newest(folder: string, name: string): string | null {
  if (!existsSync(folder)) return null;
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.onnx') && parseModelRef(file.slice(0, -'.onnx'.length))?.name === name)
    .map((file) => ({ path: join(folder, file), at: statSync(join(folder, file)).mtimeMs }));
  return files.sort((a, b) => b.at - a.at)[0]?.path ?? null;
}
