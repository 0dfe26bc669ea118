import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO_MODEL } from '#protocol/models.ts';
import { loadModel } from '#actors/inference/loaded-model.ts';
import { readModelFile } from '#actors/inference/models/model-file.ts';
import { resolveModel } from '#actors/inference/models/resolve.ts';
import { models, type ModelView } from '#db/queries/models.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { modelsFolder } from '#ops/runtime/paths.ts';
import { CATALOGUE } from './catalogue.ts';
import { storedModels } from './model-store.ts';
import { withProductDatabase } from '../start/product-database.ts';
import { registerStored } from './register.ts';

/** One line of the list. */
export interface ListedModel {
  readonly ref: string;
  /** null: the product does not run, so nobody knows. */
  readonly isActive: boolean | null;
  readonly version: string;
  readonly format: string;
  readonly input: string;
  readonly licence: string;
  readonly accuracy: string;
  /** Its file lies in this machine's folder. */
  readonly isHere: boolean;
}

/** `footfall model list`. While the product does not run it shows what lies in its folder. */
export async function listModels(json: boolean): Promise<number> {
  const env = readEnv();
  const folder = modelsFolder(env);
  const known = await withProductDatabase(env, async (database) => {
    await registerStored(database, folder);
    return models(database);
  });
  const listed =
    known === null ? await listFolder(folder) : await Promise.all(known.map((model) => listKnown(model, folder)));
  const fetchable = CATALOGUE.filter(({ name }) => !listed.some(({ ref }) => ref.startsWith(`${name}@`)));
  if (json) process.stdout.write(`${JSON.stringify({ models: listed, fetchable })}\n`);
  else {
    process.stdout.write(tableOf(listed));
    if (known === null) process.stdout.write('\nThe product does not run: which model is active shows when it does.\n');
    for (const { name, about } of fetchable) process.stdout.write(`\nTo fetch: ${name}. ${about}\n`);
  }
  return 0;
}

async function shippedModel(): Promise<Omit<ListedModel, 'isActive'>> {
  const { card, release } = await loadModel(await readModelFile(resolveModel(null)));
  await release();
  const input = inputOf(card.shape);
  const said = { version: 'shipped', licence: 'Apache-2.0', accuracy: 'see its card' };
  return { ...said, ref: DEMO_MODEL, format: card.format, input, isHere: true };
}

async function listFolder(folder: string): Promise<ListedModel[]> {
  const stored = await storedModels(folder);
  const rows = stored.map(({ ref, row }): ListedModel => ({ ...described(row), ref, isActive: null, isHere: true }));
  return [{ ...(await shippedModel()), isActive: null }, ...rows];
}

async function listKnown({ ref, isActive, file }: ModelView, folder: string): Promise<ListedModel> {
  if (file === null) return { ...(await shippedModel()), isActive };
  return { ...described(file), ref, isActive, isHere: existsSync(join(folder, `${ref}.onnx`)) };
}

type Described = Pick<NonNullable<ModelView['file']>, 'version' | 'format' | 'widthPx' | 'heightPx' | 'licence'> & {
  readonly ap50?: number | null | undefined;
  readonly measuredOn?: string | null | undefined;
};

function described({ version, format, widthPx, heightPx, licence, ap50, measuredOn }: Described) {
  const accuracy =
    ap50 === null || ap50 === undefined ? 'not measured' : `AP50 ${(100 * ap50).toFixed(1)} % on ${measuredOn ?? '?'}`;
  return { version, format, input: inputOf({ widthPx, heightPx }), licence, accuracy };
}

function inputOf({ widthPx, heightPx }: { readonly widthPx: number; readonly heightPx: number }): string {
  return `${String(widthPx)}x${String(heightPx)}`;
}

function tableOf(listed: readonly ListedModel[]): string {
  const head = ['', 'model', 'version', 'format', 'input', 'licence', 'accuracy', ''];
  const rows = listed.map(({ ref, isActive, version, format, input, licence, accuracy, isHere }) => [
    isActive === true ? '*' : '',
    ...[ref, version, format, input, licence, accuracy],
    isHere ? '' : 'its file is missing here',
  ]);
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  return [head, ...rows]
    .map((row) => `${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}
