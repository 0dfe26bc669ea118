import { AppError } from '#protocol/errors.ts';
import type { BenchResult } from './bench-result.ts';

const BENCHES: Readonly<Record<string, () => Promise<{ run(args: readonly string[]): Promise<BenchResult> }>>> = {
  fuzz: () => import('./fuzz/fuzz.bench.ts'),
  'bad-cameras': () => import('./cameras/bad-cameras.bench.ts'),
  cameras: () => import('./cameras/cameras.bench.ts'),
  chaos: () => import('../chaos/chaos.bench.ts'),
  churn: () => import('./churn.bench.ts'),
  drawing: () => import('./drawing.bench.ts'),
  'first-picture': () => import('./first-picture.bench.ts'),
  fleet: () => import('./fleet/fleet.bench.ts'),
  health: () => import('./health/health.bench.ts'),
  latency: () => import('./latency.bench.ts'),
  reconnect: () => import('./reconnect.bench.ts'),
  skew: () => import('./skew.bench.ts'),
  synthetic: () => import('./synthetic/synthetic.bench.ts'),
  tracking: () => import('./tracking.bench.ts'),
  viewers: () => import('./viewers/viewers.bench.ts'),
};

/**
 * `bench NAME [--json] [its own options]`: progress on stderr; with --json one line of JSON last on stdout. 0 = measured,
 * whatever the figure; 1 = a bench that has bars says in `missed` which were not met.
 */
export async function bench(args: readonly string[]): Promise<number> {
  const [name = '', ...rest] = args.filter((arg) => arg !== '--json');
  const load = BENCHES[name];
  if (load === undefined) {
    throw new AppError('input.invalid', `there is no bench "${name}": choose from ${Object.keys(BENCHES).join(', ')}`);
  }
  const result = await (await load()).run(rest);
  process.stdout.write(args.includes('--json') ? `${JSON.stringify(result)}\n` : `${readable(result)}\n`);
  return Array.isArray(result['missed']) && result['missed'].length > 0 ? 1 : 0;
}

function readable(result: BenchResult): string {
  const width = Math.max(...Object.keys(result).map((key) => key.length));
  return Object.entries(result)
    .map(([key, value]) => `${key.padEnd(width)}  ${typeof value === 'object' ? JSON.stringify(value) : String(value)}`)
    .join('\n');
}
