import { AppError } from '#protocol/errors.ts';
import { explanationOf } from '#db/queries/explanation.ts';
import { explanationWords } from '#db/queries/explanation-words.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { withProductDatabase } from '../start/product-database.ts';

/** `explain FACT-ID [--json]`: why something counted, or why not, from the running product's database. */
export async function explain(args: readonly string[]): Promise<number> {
  const ids = args.filter((arg) => !arg.startsWith('--'));
  const [id] = ids;
  if (id === undefined || ids.length > 1) {
    throw new AppError(
      'input.invalid',
      'say which fact: explain CAMERA.LEASE.NUMBER (the page of a camera lists them)',
    );
  }
  const found = await withProductDatabase(readEnv(), async (database) => ({
    explanation: await explanationOf(database, id),
  }));
  if (found === null) {
    throw new AppError(
      'storage.unavailable',
      'the product does not run in this data folder: start it with `npm start`',
    );
  }
  if (found.explanation === null) {
    process.stderr.write(`nothing is known of ${id}: was it counted in this data folder, and is the number right?\n`);
    return 1;
  }
  const { explanation } = found;
  process.stdout.write(
    args.includes('--json') ? `${JSON.stringify(explanation)}\n` : `${explanationWords(explanation).join('\n')}\n`,
  );
  return 0;
}
