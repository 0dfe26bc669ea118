import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import * as v from 'valibot';
import { modelRef } from '#protocol/models.ts';
import { AppError } from '#protocol/errors.ts';
import { manifestSchema } from './manifest.ts';
import type { Manifest } from './manifest.ts';
import { classNamesOf, readEnvelope } from './onnx-envelope.ts';
import type { ModelNotes } from './recognise.ts';

const MAX_MODEL_BYTES = 1024 * 1024 * 1024;

export interface ModelFile extends ModelNotes {
  readonly path: string;
  /** 64 hex digits. */
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Identifies a model file and reads its manifest. Rejects with model.unreadable, which says what to do. */
export async function readModelFile(path: string): Promise<ModelFile> {
  const bytes = await readModel(path);
  const envelope = readEnvelope(bytes);
  if (typeof envelope === 'string') throw unreadable(path, `${envelope}: copy or export it again`);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const [, promised = null] = /@([0-9a-f]{8})(\.onnx)?$/i.exec(path) ?? [];
  if (promised !== null && !sha256.startsWith(promised))
    throw unreadable(path, `is another file than its name says (sha256 ${sha256.slice(0, 8)}): bring the right one`);
  return {
    path,
    name: modelRef(modelNameOf(path), sha256),
    manifest: await readManifest(manifestPathOf(path)),
    classNames: classNamesOf(envelope),
    sha256,
    sizeBytes: bytes.length,
  };
}

/** `shop` for `/models/shop.onnx` and for `/models/shop@1a2b3c4d.onnx`. */
export function modelNameOf(path: string): string {
  return basename(path)
    .replace(/\.onnx$/i, '')
    .replace(/@[0-9a-f]{8}$/, '');
}

export function manifestPathOf(path: string): string {
  return path.replace(/(\.onnx)?$/i, '.json');
}

async function readModel(path: string): Promise<Buffer> {
  try {
    const { size } = await stat(path);
    if (size === 0) throw unreadable(path, 'is empty: copy or export it again');
    if (size > MAX_MODEL_BYTES) throw unreadable(path, 'is larger than 1 GiB: use a smaller model');
    return await readFile(path);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw unreadable(path, 'does not exist on this worker: copy it there', cause);
    if (code === 'EISDIR') throw unreadable(path, 'is a folder: name the .onnx file in it', cause);
    if (code === 'EACCES') throw unreadable(path, 'may not be read by this worker: change its permissions', cause);
    throw unreadable(path, `cannot be read: ${message}`, cause);
  }
}

async function readManifest(path: string): Promise<Manifest> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return {};
    throw unreadable(path, `cannot be read: ${message}`, cause);
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw unreadable(path, 'is not JSON: correct it or take it away', cause);
  }
  const result = v.safeParse(manifestSchema, value);
  if (result.success) return result.output;
  const [issue] = result.issues;
  throw unreadable(path, `is wrong at ${v.getDotPath(issue) ?? 'its top'}: ${issue.message}`);
}

function unreadable(path: string, fault: string, cause?: unknown): AppError {
  return new AppError('model.unreadable', `${path} ${fault}`, { context: { path }, cause });
}
