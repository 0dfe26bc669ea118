import { mkdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import { modelRef } from '#protocol/models.ts';
import { modelNameOf, readModelFile } from '#actors/inference/models/model-file.ts';
import { addModel } from '#db/commands/models.ts';
import { childEnv, readEnv } from '#ops/runtime/env.ts';
import { lockFolder } from '#ops/runtime/folder-lock.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';
import { say } from '#ops/setup/step.ts';
import { CATALOGUE, type CatalogueEntry } from './catalogue.ts';
import { download } from './download.ts';
import { storeModel, type ModelAbout, type StoredModel } from './model-store.ts';
import { withProductDatabase } from '../start/product-database.ts';
import { registerStored } from './register.ts';

const PROGRESS_EVERY_MS = 1_000;

export interface AddOptions {
  readonly name?: string | undefined;
  readonly version?: string | undefined;
  readonly licence?: string | undefined;
  readonly source?: string | undefined;
  readonly ap50?: string | undefined;
  readonly 'measured-on'?: string | undefined;
}

/** `footfall model add`. A file of the catalogue, however it came here, is known by its sha256. */
export async function addFile(subject: string, options: AddOptions): Promise<number> {
  const path = resolve(subject);
  const { sha256 } = await readModelFile(path);
  const known = CATALOGUE.find((entry) => entry.sha256 === sha256);
  const name = options.name ?? known?.name ?? modelNameOf(path);
  const { version = known?.version } = options;
  const about: ModelAbout = {
    licence: options.licence ?? known?.licence ?? 'unknown',
    source: options.source ?? known?.url ?? null,
    ap50: options.ap50 === undefined ? null : Number(options.ap50),
    measuredOn: options['measured-on'] ?? null,
    ...(version === undefined ? {} : { version }),
  };
  await keep(path, name, about);
  return 0;
}

/** `footfall model fetch`. `from` is another place of the same file. */
export async function fetchModel(name: string, from: string | null, catalogue = CATALOGUE): Promise<number> {
  const entry = catalogue.find((one) => one.name === name);
  if (entry === undefined) {
    const names = catalogue.map((one) => one.name).join(', ');
    throw new AppError('input.invalid', `the catalogue has no ${name}: it has ${names}`);
  }
  const folder = join(modelsFolder(readEnv()), '.fetch');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const target = join(folder, `${modelRef(entry.name, entry.sha256)}.onnx`);
  const lock = lockFolder(folder, 'fetch');
  try {
    await downloadEntry(entry, from ?? entry.url, target);
    const { version, licence, url: source } = entry;
    await keep(target, entry.name, { version, licence, source, ap50: null, measuredOn: null });
    await rm(target);
  } finally {
    lock.release();
  }
  return 0;
}

async function downloadEntry(entry: CatalogueEntry, url: string, target: string): Promise<void> {
  const { sha256, sizeBytes } = entry;
  let toldAtMs = performance.now();
  const onProgress = (doneBytes: number): void => {
    if (performance.now() - toldAtMs < PROGRESS_EVERY_MS) return;
    toldAtMs = performance.now();
    say(`${String(Math.floor((100 * doneBytes) / sizeBytes))} % of ${(sizeBytes / 1e6).toFixed(1)} MB`);
  };
  try {
    await download({ url, sha256, sizeBytes, target, proxyEnv: childEnv(), onProgress });
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== 'setup.missing') throw error;
    throw new AppError('setup.missing', `${error.message}. ${whenOffline(entry)}`, { cause: error });
  }
}

function whenOffline({ name, url, sha256 }: CatalogueEntry): string {
  return (
    'Behind a proxy, set HTTPS_PROXY and try again. Without a connection, download the file elsewhere, bring it here and add it:\n' +
    `  ${url}\n  sha256 ${sha256}\n  npm run footfall -- model add FILE --name ${name}`
  );
}

async function keep(path: string, name: string, about: ModelAbout): Promise<StoredModel> {
  const env = readEnv();
  const folder = modelsFolder(env);
  const stored = await storeModel(folder, path, name, about);
  const isKnown = await withProductDatabase(env, async (database) => {
    await registerStored(database, folder);
    return addModel(database, stored.row);
  });
  const { format, widthPx, heightPx, licence } = stored.row;
  const cost = `${stored.warmUpMs.toFixed(1)} ms a picture here`;
  process.stdout.write(
    `${stored.ref}: ${format}, ${String(widthPx)}x${String(heightPx)}, licence ${licence}, ${cost}\n` +
      (isKnown === null ? 'The product does not run: start it before you activate the model.\n' : '') +
      `To let all cameras that name no model use it: npm run footfall -- model activate ${name}\n`,
  );
  return stored;
}
