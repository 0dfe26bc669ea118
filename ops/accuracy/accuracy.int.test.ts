import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { VisitFigures } from '#db/accuracy/zone-figures.ts';
import { toAnnexB } from '#media/h264/annexb.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'footfall-accuracy-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const LINE = { id: 'door', p1: [0.5, 0], p2: [0.5, 1] };
const ZONE = {
  id: 'table',
  polygon: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
};
/** Nobody is in it. */
const clip = encodeClip({ widthPx: 320, heightPx: 180, frames: 50, gop: 25, luma: (frame) => 50 + frame });
const VIDEO = Buffer.concat(clip.map(({ nalUnits }) => toAnnexB([...nalUnits])));
/** A detector that sees nobody. */
const MODEL = join(folder, 'blind.onnx');
writeFileSync(MODEL, onnxFile([{ name: 'images', shape: [1, 3, 64, 64] }], [{ name: 'out', shape: [1, 5, 84] }]));

/** A folder as the command takes it. */
function truthFolder(files: Record<string, object>): string {
  const root = mkdtempSync(join(folder, 'set-'));
  mkdirSync(join(root, 'truth'));
  mkdirSync(join(root, 'clips'));
  writeFileSync(join(root, 'clips', 'empty.h264'), VIDEO);
  for (const [name, truth] of Object.entries(files)) writeFileSync(join(root, 'truth', name), JSON.stringify(truth));
  return root;
}

function accuracy(...args: string[]): Promise<{ status: number | null; lines: string[]; complaints: string }> {
  const child = spawn(process.execPath, ['ops/start/cli.ts', 'accuracy', ...args], { cwd: projectRoot });
  const chunks = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (chunks.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (chunks.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (status) => {
      resolve({ status, lines: chunks.stdout.trimEnd().split('\n'), complaints: chunks.stderr });
    });
  });
}

test('a clip of nobody is counted exactly; one that somebody crossed shows who was missed', async () => {
  const root = truthFolder({
    'a.json': { clip: 'empty.h264', lines: [{ ...LINE, events: [] }] },
    'b.json': {
      clip: 'empty.h264',
      sha256: '0'.repeat(64),
      lines: [{ ...LINE, events: [{ t: 1, dir: 'out' }] }],
      zones: [
        {
          ...ZONE,
          visits: [{ enter: 0.5, leave: 1.5 }],
          occupancy: [
            { t: 1, count: 1 },
            { t: 1.8, count: 0 },
          ],
        },
      ],
    },
  });
  const { status, lines, complaints } = await accuracy('--truth', root, '--model', MODEL, '--json');
  expect(status).toBe(0);
  expect(complaints).toContain('empty.h264: is not the file whose sha256 the truth names');
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    lines: [
      { clip: 'empty.h264', id: 'door', true: { in: 0, out: 0 }, counted: { in: 0, out: 0 }, isExact: true },
      {
        true: { in: 0, out: 1 },
        eventRecall: 0,
        eventPrecision: null,
        errorInterval95: null,
        missed: [{ tMs: 1000, dir: 'out' }],
      },
    ],
    total: { true: { in: 0, out: 1 }, counted: { in: 0, out: 0 } },
    zones: [
      {
        id: 'table',
        visits: { trueVisits: 1, countedVisits: 0, missed: [{ fromMs: 500, toMs: 1500 }], dwellErrorMedianMs: null },
        occupancy: { samples: 2, rightShare: 0.5, errorMean: -0.5 },
      },
    ],
    allExact: false,
    clips: [{ isSameFile: null, frames: 20 }, { isSameFile: false }],
    failed: [],
    framesTaken: { every: 1, maxFps: 10 },
    machine: expect.any(String) as string,
  });
});

test('a clip that cannot be read makes the command fail, after measuring the others', async () => {
  const root = truthFolder({
    'a.json': { clip: 'gone.mp4', lines: [{ ...LINE, events: [] }] },
    'b.json': { clip: 'empty.h264', lines: [{ ...LINE, true: { in: 0, out: 0 } }] },
  });
  const { status, lines, complaints } = await accuracy('--truth', root, '--model', MODEL, '--json');
  expect(status).toBe(1);
  expect(complaints).toMatch(/gone\.mp4: there is no such file/);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    lines: [
      {
        clip: 'empty.h264',
        isExact: true,
        eventRecall: null,
        why: expect.stringContaining('without the times') as string,
      },
    ],
    allExact: false,
    failed: [{ clip: 'gone.mp4' }],
  });
});

test('without --json people get a row a line', async () => {
  const root = truthFolder({ 'a.json': { clip: 'empty.h264', lines: [{ ...LINE, events: [{ t: 1, dir: 'in' }] }] } });
  const { lines } = await accuracy('--truth', join(root, 'truth'), '--clips', join(root, 'clips'), '--model', MODEL);
  expect(lines[1]).toMatch(/^empty\.h264 {2}door {2}1\/0 {3}0\/0 .* -1$/);
  expect(lines[2]).toBe('  missed in at 1.0 s');
});

test.each([
  ['no truth', [], 2, 'needs --truth'],
  ['two ways to choose frames', ['--truth', '.', '--fps', '5', '--every', '2'], 2, 'not both'],
  ['a folder that is not there', ['--truth', '/none'], 1, 'there is no such folder'],
])('%s ends with one line that says so', async (_, args, wanted, message) => {
  const { status, complaints } = await accuracy(...args);
  expect(status).toBe(wanted);
  expect(complaints.split('\n')[0]).toContain(message);
});

test('a model that cannot be loaded is told once, not for each clip', async () => {
  const truth = { clip: 'empty.h264', lines: [{ ...LINE, events: [] }] };
  const root = truthFolder({ 'a.json': truth, 'b.json': truth });
  const { status, complaints } = await accuracy('--truth', root, '--model', '/none.onnx');
  expect(status).toBe(1);
  expect(complaints.trimEnd().split('\n')).toHaveLength(1);
});

const evaluation = evaluationFolder('the accuracy of counts on real clips');

/** At full rate they are held to the same in ops/replay. */
describe.skipIf(evaluation === null)('half of their frames are enough', () => {
  test('to count real clips exactly, and stays within a second', { timeout: 600_000 }, async () => {
    const root = evaluation ?? '';
    const { status, lines } = await accuracy(
      ...['--truth', root, '--model', join(root, 'models/yolox_nano.onnx'), '--every', '2', '--json'],
    );
    expect(status).toBe(0);
    const measured = JSON.parse(lines.at(-1) ?? '') as { zones: { id: string; visits: VisitFigures | null }[] };
    expect(measured).toMatchObject({
      lines: [
        { id: 'exit', counted: { in: 6, out: 0 }, eventRecall: 1, eventPrecision: 1 },
        { id: 'right', counted: { in: 19, out: 15 }, eventRecall: 1, eventPrecision: 1 },
        { id: 'left_exit', counted: { in: 5, out: 2 }, eventRecall: 1, eventPrecision: 1 },
      ],
      allExact: true,
    });
    const table = measured.zones.find(({ id }) => id === 'table')?.visits;
    expect(table).toMatchObject({ trueVisits: 6, countedVisits: 6, missed: [] });
    expect(Math.abs(table?.dwellErrorGreatestMs ?? Infinity)).toBeLessThan(1_000);
  });
});
