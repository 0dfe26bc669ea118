import { toAppError } from '#protocol/errors.ts';
import { hideCredentials } from '#ops/runtime/log.ts';
import { verbs } from './verbs.ts';

/** `npm run footfall -- VERB ...`: the one command line. Ends with 0 done, 1 failed (one line says why), 2 bad usage. */
const [name = 'help', ...rest] = process.argv.slice(2);
const verb = verbs[name];

if (name === 'help' || name === '--help' || name === '-h' || verb === undefined) {
  const known = name === 'help' || name.startsWith('-');
  if (!known) process.stderr.write(`footfall: there is no verb "${name}"\n\n`);
  const width = Math.max(...Object.keys(verbs).map((key) => key.length));
  const lines = Object.entries(verbs).map(([key, { summary }]) => `  ${key.padEnd(width)}  ${summary}`);
  process.stdout.write(
    `Usage: npm run footfall -- VERB [options]\n\n${lines.join('\n')}\n\nnpm run footfall -- VERB --help shows a verb's options.\n`,
  );
  process.exit(known ? 0 : 2);
}

if (rest.includes('--help') || rest.includes('-h')) {
  process.stdout.write(`Usage: npm run footfall -- ${name} ${verb.usage}\n\n${verb.summary}\n`);
  process.exit(0);
}

try {
  process.exitCode = await verb.run(rest);
} catch (error) {
  process.stderr.write(`footfall ${name}: ${hideCredentials(toAppError(error).message)}\n`);
  process.exitCode = 1;
}
