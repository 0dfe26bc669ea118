import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { addFile, fetchModel } from './bring.ts';
import { activate } from './activate.ts';
import { checkModel } from './check-model.ts';
import { listModels } from './list-models.ts';

const USAGE = `Usage: npm run footfall -- model COMMAND

  list [--json]        the models of this installation, and those that can be fetched
  check FILE|NAME      what a file is taken for, or what is wrong with it
  add FILE [--name NAME] [--version TEXT] [--licence TEXT] [--source TEXT] [--ap50 0..1 --measured-on TEXT]
                       checks a file and keeps a copy in the data folder
  fetch NAME [--from URL]
                       brings a model of the catalogue, goes on where it stopped, verifies its sha256; add --from for a mirror
  activate NAME        makes it the model of all cameras that name none; NAME@12345678 is one exact file
`;

/** The verb \`model\`. Resolves with the exit status: 0 done, 2 bad usage; rejects with what went wrong. */
export async function runModel(argv: readonly string[]): Promise<number> {
  const [command, ...rest] = argv;
  const asked = readArguments(rest);
  if (asked === null || command === undefined) return badUsage();
  const { values, subject } = asked;
  switch (command) {
    case 'list':
      return subject === null ? listModels(values.json === true) : badUsage();
    case 'check':
      return subject === null ? badUsage() : checkModel(subject);
    case 'add':
      return subject === null ? badUsage() : addFile(subject, values);
    case 'fetch':
      return subject === null ? badUsage() : fetchModel(subject, values.from ?? null);
    case 'activate':
      return subject === null ? badUsage() : activate(subject);
    default:
      return badUsage();
  }
}

const text = { type: 'string' } as const;
const OPTIONS = {
  ...{ name: text, version: text, licence: text, source: text, ap50: text, 'measured-on': text, from: text },
  json: { type: 'boolean' },
} as const;

function readArguments(args: string[]) {
  try {
    const { values, positionals } = parseArgs({ args, options: OPTIONS, allowPositionals: true });
    return positionals.length > 1 ? null : { values, subject: positionals[0] ?? null };
  } catch (cause) {
    if (cause instanceof TypeError) return null; // An option it does not know.
    throw new AppError('internal', 'the arguments could not be read', { cause });
  }
}

function badUsage(): number {
  process.stderr.write(USAGE);
  return 2;
}
