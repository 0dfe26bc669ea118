import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { toAnnexB } from '#media/h264/annexb.ts';
import { projectRoot } from '#ops/runtime/paths.ts';
import { evaluationFolder } from '#ops/testkit/evaluation.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import type { ZoneReport } from './zone-report.ts';

const folder = mkdtempSync(join(tmpdir(), 'footfall-replay-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const clip = encodeClip({ widthPx: 320, heightPx: 180, frames: 50, gop: 25, luma: (frame) => 50 + frame });
const VIDEO = write('clip.h264', Buffer.concat(clip.map(({ nalUnits }) => toAnnexB([...nalUnits]))));
const GEOMETRY = write(
  'geometry.json',
  JSON.stringify({
    lines: [{ id: 'door', p1: [0.5, 0], p2: [0.5, 1] }],
    zones: [
      {
        id: 'hall',
        polygon: [
          [0.1, 0.1],
          [0.9, 0.1],
          [0.9, 0.9],
        ],
      },
    ],
  }),
);
/** A detector that sees nobody. */
const MODEL = write(
  'blind.onnx',
  onnxFile([{ name: 'images', shape: [1, 3, 64, 64] }], [{ name: 'out', shape: [1, 5, 84] }]),
);

function write(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

interface Outcome {
  readonly status: number | null;
  readonly lines: string[];
  readonly complaints: string;
}

function replay(...args: string[]): Promise<Outcome> {
  const child = spawn(process.execPath, ['ops/start/cli.ts', 'replay', ...args], { cwd: projectRoot });
  const chunks = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => (chunks.stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (chunks.stderr += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (status) => {
      resolve({ status, lines: chunks.stdout.trimEnd().split('\n'), complaints: chunks.stderr });
    });
  });
}

test('the last line of --json says what was counted, and on what', async () => {
  const { status, lines } = await replay('--video', VIDEO, '--geometry', GEOMETRY, '--model', MODEL, '--json');
  expect(status).toBe(0);
  expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({
    lines: [{ id: 'door', in: 0, out: 0, events: [] }],
    zones: [
      { id: 'hall', entries: 0, exits: 0, dwellMedianMs: null, peopleMin: 0, peopleMax: 0, peopleMean: 0, visits: [] },
    ],
    // 50 pictures of a bare stream (25 a second) at 10 a second.
    frames: 20,
    detectMsMedian: expect.any(Number) as number,
    trackMsMedian: expect.any(Number) as number,
    model: expect.stringMatching(/^blind@[0-9a-f]{8}$/) as string,
    machine: expect.any(String) as string,
    cores: expect.any(Number) as number,
    runs: 1,
  });
});

test('--fps chooses how many frames are looked at, and without --json people get a table', async () => {
  const { status, lines } = await replay('--video', VIDEO, '--geometry', GEOMETRY, '--model', MODEL, '--fps', '25');
  expect(status).toBe(0);
  expect(lines[1]).toMatch(/^door\s+0\s+0\s+-$/);
  expect(lines[3]).toMatch(/^hall\s+0\s+0\s+0\s+0\s+0\s+-$/);
  expect(lines.at(-1)).toMatch(/^50 frames/);
});

test('--every takes frames by their number', async () => {
  const { lines } = await replay('--video', VIDEO, '--geometry', GEOMETRY, '--model', MODEL, '--every', '3');
  expect(lines.at(-1)).toMatch(/^17 frames/);
});

describe('bad input ends with one line that says what to do', () => {
  const torn = onnxFile([{ name: 'images', shape: [1, 3, 64, 64] }], [{ name: 'out', shape: [1, 5, 84] }]).subarray(
    0,
    200,
  );
  test.each([
    ['a video that is not there', { video: '/none.mp4' }, /^replay: video \/none\.mp4: there is no such file/],
    [
      'a text instead of a video',
      { video: write('text.mp4', 'hello') },
      /^replay: video .*text\.mp4: cannot be read as a video/,
    ],
    ['an address instead of a file', { video: 'rtsp://127.0.0.1:9/x' }, /^replay: video rtsp:.*there is no such file/],
    [
      'a line outside the picture',
      { geometry: write('outside.json', '{"lines":[{"id":"door","p1":[0.5,0],"p2":[0.5,2]}]}') },
      /^replay: geometry .*outside\.json: lines\.0\.p2\.1: must lie between 0 and 1/,
    ],
    ['a truncated model', { model: write('torn.onnx', torn) }, /^replay: .*torn\.onnx was cut short/],
    ['a model that is not there', { model: '/none.onnx' }, /^replay: \/none\.onnx does not exist/],
  ])('%s', async (_, bad, message) => {
    const { video, geometry, model } = { video: VIDEO, geometry: GEOMETRY, model: MODEL, ...bad };
    const { status, complaints } = await replay('--video', video, '--geometry', geometry, '--model', model);
    expect(complaints.trimEnd().split('\n')).toHaveLength(1);
    expect(complaints).toMatch(message);
    expect(status).toBe(1);
  });
});

test.each([
  ['nothing', []],
  ['no geometry', ['--video', VIDEO]],
  ['a rate that is no number', ['--video', VIDEO, '--geometry', GEOMETRY, '--fps', 'many']],
  ['an unknown option', ['--speed', '2']],
])('bad usage, %s, ends with status 2 and the usage', async (_, args) => {
  const { status, complaints } = await replay(...args);
  expect(status).toBe(2);
  expect(complaints).toContain('Usage: npm run replay');
});

/** With half of their frames they are held to the same in ops/accuracy. */
const evaluation = evaluationFolder('counts on real clips');

describe.skipIf(evaluation === null)('counts on real clips', () => {
  interface Report {
    readonly lines: readonly {
      readonly id: string;
      readonly in: number;
      readonly out: number;
      readonly fragmentation: number | null;
    }[];
    readonly zones: readonly ZoneReport[];
  }

  async function report(clipName: string, ...more: string[]): Promise<Report> {
    const root = evaluation ?? '';
    const { lines, status, complaints } = await replay(
      ...['--video', join(root, 'clips', `${clipName}.mp4`), '--geometry', join(root, 'truth', `${clipName}.json`)],
      ...['--model', join(root, 'models/yolox_nano.onnx'), '--json', ...more],
    );
    expect(status, complaints).toBe(0);
    return JSON.parse(lines.at(-1) ?? '') as Report;
  }

  function counts({ lines }: Report): Record<string, { in: number; out: number }> {
    return Object.fromEntries(lines.map((line) => [line.id, { in: line.in, out: line.out }]));
  }

  test(
    'six people sit at the table one by one, each for as long as they did, and leave',
    { timeout: 240_000 },
    async () => {
      const clipName = 'one-by-one-person-detection';
      const counted = await report(clipName);
      expect(counts(counted)).toEqual({ exit: { in: 6, out: 0 } });
      const [table] = counted.zones;
      expect(table).toMatchObject({ id: 'table', entries: 6, exits: 6, peopleMin: 0, peopleMax: 1 });
      const truth = JSON.parse(readFileSync(join(evaluation ?? '', 'truth', `${clipName}.json`), 'utf8')) as {
        duration_s: number;
        zones: { visits: { enter: number; leave: number; dwell_s: number }[] }[];
      };
      const visits = truth.zones[0]?.visits ?? [];
      visits.forEach(({ enter, leave, dwell_s: dwellS }, index) => {
        const visit = table?.visits[index];
        expect(Math.abs((visit?.fromMs ?? Infinity) - enter * 1000)).toBeLessThan(1_000);
        expect(Math.abs((visit?.toMs ?? Infinity) - leave * 1000)).toBeLessThan(1_000);
        expect(Math.abs((visit?.dwellMs ?? Infinity) - dwellS * 1000)).toBeLessThan(1_000);
      });
      const mean = visits.reduce((sum, { dwell_s: dwellS }) => sum + dwellS, 0) / truth.duration_s;
      expect(Math.abs((table?.peopleMean ?? Infinity) - mean)).toBeLessThan(0.03);
    },
  );

  test(
    'a square with up to ten people is counted exactly, each of them under one id at a line',
    { timeout: 240_000 },
    async () => {
      const counted = await report('vtest_480x360');
      expect(counts(counted)).toEqual({ right: { in: 19, out: 15 }, left_exit: { in: 5, out: 2 } });
      for (const { fragmentation } of counted.lines) expect(fragmentation).toBeLessThanOrEqual(1.3);
    },
  );
});
