import { userInfo } from 'node:os';
import { parseArgs } from 'node:util';
import { parse } from '#protocol/codec.ts';
import {
  deadLetterIdSchema,
  deadLetterReasonSchema,
  type DeadLetterFate,
  type DeadLetterReason,
} from '#protocol/dead-letters.ts';
import { AppError } from '#protocol/errors.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { withProductDatabase } from '../start/product-database.ts';
import { discard, replay, type Chosen } from './decide.ts';
import { list, show } from './look.ts';

const USAGE = `Usage: npm run footfall -- dead-letters COMMAND

  list [--reason REASON] [--fate waiting|replayed|discarded|all] [--limit N] [--json]
                          messages that could not be counted, newest first; those that wait for a decision by default
  show ID [--json]        one of them, with its body
  replay ID               publishes it once more; its fact counts once however often that is done
  discard ID              nothing will be done about it
  replay|discard --all [--reason REASON]
                          every letter that waits
  Deciding takes --by NAME (your login otherwise) and --json.
`;

const FATES = ['waiting', 'replayed', 'discarded', 'all'] as const;
const text = { type: 'string' } as const;
const flag = { type: 'boolean' } as const;
const OPTIONS = { reason: text, fate: text, limit: text, by: text, all: flag, json: flag } as const;

/** The verb `dead-letters`: 0 done, 1 something replayed was refused again, 2 bad usage; rejects with what went wrong. */
export async function runDeadLetters(argv: readonly string[]): Promise<number> {
  const asked = readArguments([...argv]);
  if (asked === null) return badUsage();
  const { command, id, values } = asked;
  const env = readEnv();
  const json = values.json === true;
  const done = await withProductDatabase(env, async (database) => {
    const reason = reasonOf(values.reason);
    const chosen = chosenOf(id, values.all === true, reason);
    const by = values.by ?? userInfo().username;
    switch (command) {
      case 'list':
        return id !== null
          ? badUsage()
          : list(database, { reason, fate: fateOf(values.fate) }, limitOf(values.limit), json);
      case 'show':
        return id === null ? badUsage() : show(database, idOf(id), json);
      case 'replay':
        return chosen === null ? badUsage() : replay(database, env, chosen, by, json);
      case 'discard':
        return chosen === null ? badUsage() : discard(database, chosen, by, json);
      default:
        return badUsage();
    }
  });
  if (done !== null) return done;
  throw new AppError(
    'storage.unavailable',
    `the product does not run in ${env.dataDir}: start it (npm start), or set FOOTFALL_DATA to its folder`,
  );
}

function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    const [command, id = null, ...more] = positionals;
    return command === undefined || more.length > 0 ? null : { command, id, values };
  } catch (cause) {
    if (cause instanceof TypeError) return null; // An option it does not know.
    throw new AppError('internal', 'the arguments could not be read', { cause });
  }
}

/** One by its id, or all of a reason; null: neither was said, or both. */
function chosenOf(id: string | null, all: boolean, reason: DeadLetterReason | null): Chosen | null {
  if (all) return id === null ? { id: null, reason } : null;
  return id === null || reason !== null ? null : { id: idOf(id), reason: null };
}

function idOf(id: string): string {
  return parse(deadLetterIdSchema, id);
}

function reasonOf(reason: string | undefined): DeadLetterReason | null {
  if (reason === undefined) return null;
  const known = deadLetterReasonSchema.options;
  const found = known.find((one) => one === reason);
  if (found === undefined) throw new AppError('input.invalid', `--reason must be one of ${known.join(', ')}`);
  return found;
}

function fateOf(fate = 'waiting'): DeadLetterFate | null {
  const found = FATES.find((one) => one === fate);
  if (found === undefined) throw new AppError('input.invalid', `--fate must be one of ${FATES.join(', ')}`);
  return found === 'all' ? null : found;
}

function limitOf(limit = '50'): number {
  if (!/^[1-9]\d{0,3}$/.test(limit)) throw new AppError('input.invalid', '--limit must be 1 to 9999');
  return Number(limit);
}

function badUsage(): number {
  process.stderr.write(USAGE);
  return 2;
}
