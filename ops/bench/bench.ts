import { AppError } from '#protocol/errors.ts';
import type { BenchResult } from './bench-result.ts';

const BENCHES: Readonly<Record<string, () => Promise<{ run(): Promise<BenchResult> }>>> = {
  latency: () => import('./latency.bench.ts'),
};

/** `bench NAME [--json]`: progress on stderr; with --json one line of JSON last on stdout. 0 = measured, whatever the figure. */
export async function bench(args: readonly string[]): Promise<number> {
  const [name = ''] = args.filter((arg) => !arg.startsWith('-'));
  const load = BENCHES[name];
  if (load === undefined) {
    throw new AppError('input.invalid', `there is no bench "${name}": choose from ${Object.keys(BENCHES).join(', ')}`);
  }
  const result = await (await load()).run();
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(result)}\n` : `${readable(result)}\n`);
  return 0;
}

function readable(result: BenchResult): string {
  const width = Math.max(...Object.keys(result).map((key) => key.length));
  return Object.entries(result)
    .map(([key, value]) => `${key.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n');
}
