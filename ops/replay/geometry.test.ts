import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readGeometry } from './geometry.ts';

const folder = mkdtempSync(join(tmpdir(), 'footfall-geometry-'));
const path = join(folder, 'geometry.json');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(content: unknown): ReturnType<typeof readGeometry> {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readGeometry(path);
}

const LINE = { id: 'left_exit', p1: [0.5, 0], p2: [0.5, 1] };

test('lines are taken with the foot as anchor, whatever else the file holds', async () => {
  const geometry = await read({ clip: 'a.mp4', lines: [{ ...LINE, true: { in: 3, out: 1 } }], zones: [] });
  expect(geometry).toEqual({ lines: [{ ...LINE, name: 'left_exit', anchor: 'foot' }], zones: [] });
});

test('zones are taken with what they say about themselves', async () => {
  const polygon = [
    [0, 0],
    [1, 0],
    [1, 1],
  ];
  const { zones } = await read({ zones: [{ id: 'Till 1', polygon, isQueue: true, note: 'counted by hand' }] });
  expect(zones).toEqual([{ id: 'Till 1', name: 'Till 1', polygon, isQueue: true }]);
});

test.each([
  [
    'a line outside the picture',
    { lines: [{ ...LINE, p2: [0.5, 1.2] }] },
    'geometry.out-of-range',
    /lines\.0\.p2\.1: must lie between 0 and 1/,
  ],
  ['a line in pixels', { lines: [{ ...LINE, p1: [320, 0] }] }, 'geometry.out-of-range', /lines\.0\.p1\.0/],
  ['a line of no length', { lines: [{ ...LINE, p2: LINE.p1 }] }, 'geometry.out-of-range', /must lie apart/],
  [
    'a zone of two corners',
    {
      zones: [
        {
          id: 'a',
          polygon: [
            [0, 0],
            [1, 1],
          ],
        },
      ],
    },
    'geometry.out-of-range',
    /three corners/,
  ],
  ['nothing to count', { clip: 'a.mp4' }, 'input.invalid', /neither lines nor zones/],
  ['a text that is no JSON', 'lines: none', 'input.invalid', /is not JSON/],
])('%s is refused with its place', async (_, content, code, message) => {
  await expect(read(content)).rejects.toMatchObject({ code, message: expect.stringMatching(message) as string });
  await expect(read(content)).rejects.toThrow(path);
});

test('a missing file is said to be missing', async () => {
  await expect(readGeometry(join(folder, 'none.json'))).rejects.toThrow('cannot be read (ENOENT)');
});
