import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { parse } from '#protocol/codec.ts';
import { modelNameSchema, parseModelRef } from '#protocol/models.ts';
import { AppError } from '#protocol/errors.ts';
import { loadModel } from '#actors/inference/loaded-model.ts';
import { manifestPathOf, readModelFile } from '#actors/inference/models/model-file.ts';
import { addModelSchema, type AddModel } from '#db/commands/models.ts';

/** What is said of a model beside what its file says. The version, left out, is the file's own digits. */
export type ModelAbout = Pick<AddModel, 'licence' | 'source' | 'ap50' | 'measuredOn'> & { readonly version?: string };

/** A model as it lies in the folder: `NAME@12345678.onnx`, its manifest beside it with the row under `about`. */
export interface StoredModel {
  readonly ref: string;
  readonly row: AddModel;
  readonly warmUpMs: number;
}

const storedSchema = v.object({ about: addModelSchema });

/**
 * Copies a model and its manifest into the folder, and checks the copy by loading it. Rejects with what is wrong with the
 * file, or input.invalid for its name. The file it came from is not touched.
 */
export async function storeModel(folder: string, path: string, name: string, about: ModelAbout): Promise<StoredModel> {
  if (!v.is(modelNameSchema, name)) {
    const rule = 'up to 60 letters, digits, dots, _ or -';
    throw new AppError('input.invalid', `"${name}" is no name for a model, which has ${rule}: give another by --name`);
  }
  await readModelFile(path); // A file of many gigabytes, or none at all, is not copied first.
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const incoming = await mkdtemp(join(folder, '.incoming-'));
  try {
    const copy = join(incoming, `${name}.onnx`);
    await cp(path, copy);
    if (existsSync(manifestPathOf(path))) await cp(manifestPathOf(path), manifestPathOf(copy));
    const file = await readModelFile(copy);
    const { card, warmUpMs, release } = await loadModel(file);
    await release();
    const { widthPx, heightPx } = card.shape;
    const { sha256, sizeBytes } = file;
    const found = { name, sha256, format: card.format, widthPx, heightPx, sizeBytes };
    const row: AddModel = parse(addModelSchema, { version: sha256.slice(0, 8), ...about, ...found });
    await addToManifest(manifestPathOf(copy), { about: row });
    const ref = card.name;
    // The manifest first: a model never lies there without it.
    await rename(manifestPathOf(copy), join(folder, `${ref}.json`));
    await rename(copy, join(folder, `${ref}.onnx`));
    return { ref, row, warmUpMs };
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
}

/** What people noted there stays. */
async function addToManifest(path: string, added: object): Promise<void> {
  const manifest: unknown = existsSync(path) ? JSON.parse(await readFile(path, 'utf8')) : {};
  await writeFile(path, `${JSON.stringify(Object.assign({}, manifest, added), null, 2)}\n`);
}

/** The models in the folder. Files that somebody put there by hand are left out. */
export async function storedModels(folder: string): Promise<Omit<StoredModel, 'warmUpMs'>[]> {
  const names = existsSync(folder) ? await readdir(folder) : [];
  const found: Omit<StoredModel, 'warmUpMs'>[] = [];
  for (const name of names.filter((one) => one.endsWith('.onnx')).sort()) {
    const ref = name.slice(0, -'.onnx'.length);
    const row = await readRow(join(folder, `${ref}.json`));
    if (row !== null && parseModelRef(ref)?.digest === row.sha256.slice(0, 8)) found.push({ ref, row });
  }
  return found;
}

async function readRow(path: string): Promise<AddModel | null> {
  try {
    return parse(storedSchema, JSON.parse(await readFile(path, 'utf8'))).about;
  } catch (error) {
    const isOurs = error instanceof AppError || error instanceof SyntaxError;
    if (isOurs || (error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
