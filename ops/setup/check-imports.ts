import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { projectRoot } from '#ops/runtime/paths.ts';

/**
 * Checks the import table with dependency-cruiser, and first that it can fail: a small tree with one planted violation of
 * each kind must be refused with just those rules' names.
 */
const CRUISE = join(projectRoot, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
const FOLDERS = ['protocol', 'media', 'actors', 'db', 'web', 'ops'];

const PLANTED: Readonly<Record<string, { file: string; text: string }>> = {
  'protocol-imports-nothing': {
    file: 'protocol/planted.ts',
    text: "import type { A } from '#media/a.ts';\nexport type B = A;\n",
  },
  'media-imports': { file: 'media/planted.ts', text: "import { a } from '#actors/a.ts';\nexport const b = a;\n" },
  'web-imports': { file: 'web/planted.ts', text: "import { a } from '#media/a.ts';\nexport const b = a;\n" },
  'pure-has-no-node-core': {
    file: 'actors/counting/planted.ts',
    text: "import { join } from 'node:path';\nexport const b = join('a');\n",
  },
  'nats-has-one-door': {
    file: 'actors/planted.ts',
    text: "import { connect } from 'nats';\nexport const b = connect;\n",
  },
  'no-circular': {
    file: 'actors/circle.ts',
    text: "import { round } from './round.ts';\nexport const circle = (): unknown => round;\n",
  },
};

const planted = cruisePlanted();
const missed = Object.keys(PLANTED).filter((rule) => !planted.includes(rule));
if (missed.length > 0) {
  process.stderr.write(`the import check is blind: it missed planted violations of ${missed.join(', ')}\n${planted}\n`);
  process.exit(1);
}
const real = spawnSync(process.execPath, [CRUISE, '--config', '.dependency-cruiser.js', ...FOLDERS], {
  cwd: projectRoot,
  stdio: 'inherit',
});
process.exit(real.status ?? 1);

function cruisePlanted(): string {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-imports-'));
  try {
    const files: Record<string, string> = {
      'media/a.ts': 'export type A = 1;\nexport const a = 1;\n',
      'actors/a.ts': 'export const a = 1;\n',
      'actors/round.ts': "import { circle } from './circle.ts';\nexport const round = (): unknown => circle;\n",
      'db/a.ts': 'export const a = 1;\n',
      'ops/a.ts': 'export const a = 1;\n',
    };
    for (const { file, text } of Object.values(PLANTED)) files[file] = text;
    for (const [file, text] of Object.entries(files)) {
      mkdirSync(dirname(join(folder, file)), { recursive: true });
      writeFileSync(join(folder, file), text);
    }
    for (const file of ['.dependency-cruiser.js', 'tsconfig.json', 'package.json'])
      cpSync(join(projectRoot, file), join(folder, file));
    symlinkSync(join(projectRoot, 'node_modules'), join(folder, 'node_modules'));
    const result = spawnSync(process.execPath, [CRUISE, '--config', '.dependency-cruiser.js', ...FOLDERS], {
      cwd: folder,
      encoding: 'utf8',
    });
    return result.stdout + result.stderr;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
