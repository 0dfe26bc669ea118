import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findTruth } from './find-truth.ts';
import { readTruth } from './truth-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'footfall-truth-'));
const path = join(folder, 'a.json');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function read(content: unknown): ReturnType<typeof readTruth> {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readTruth(path);
}

const LINE = { id: 'door', p1: [0.5, 0], p2: [0.5, 1] };
const EVENTS = [
  { t: 1.5, dir: 'in' },
  { t: 2, dir: 'out', t_tolerance_s: 0.4 },
];

test('events are in milliseconds, with a second of tolerance unless they say otherwise', async () => {
  const { clip, lines, geometry } = await read({ clip: 'a.mp4', lines: [{ ...LINE, events: EVENTS }] });
  expect(clip).toBe('a.mp4');
  expect(lines).toEqual([
    {
      id: 'door',
      true: { in: 1, out: 1 },
      events: [
        { atMs: 1500, direction: 'in', toleranceMs: 1000 },
        { atMs: 2000, direction: 'out', toleranceMs: 400 },
      ],
    },
  ]);
  expect(geometry.lines[0]).toMatchObject(LINE);
});

test('counts without events are truth too', async () => {
  const { lines } = await read({ clip: 'a.mp4', lines: [{ ...LINE, true: { in: 3, out: 0 } }] });
  expect(lines).toEqual([{ id: 'door', true: { in: 3, out: 0 }, events: null }]);
});

const ZONE = {
  id: 'table',
  polygon: [
    [0, 0],
    [1, 0],
    [1, 1],
  ],
};

test('zones have visits, or who was inside at some instants, or neither', async () => {
  const visits = [{ enter: 6.4, leave: 18.6, dwell_s: 12.2 }];
  const occupancy = [
    { t: 5, count: 2, near_border: 1 },
    { t: 6, count: 0 },
  ];
  const zones = [
    { ...ZONE, visits },
    { ...ZONE, id: 'hall', occupancy },
    { ...ZONE, id: 'lawn' },
  ];
  expect((await read({ clip: 'a.mp4', zones })).zones).toEqual([
    { id: 'table', visits: [{ fromMs: 6400, toMs: 18_600 }], occupancy: null },
    {
      id: 'hall',
      visits: null,
      occupancy: [
        { atMs: 5000, people: 2, nearBorder: 1 },
        { atMs: 6000, people: 0, nearBorder: 0 },
      ],
    },
    { id: 'lawn', visits: null, occupancy: null },
  ]);
});

test.each([
  ['no clip', { lines: [LINE] }, /a\.json: clip: /],
  [
    'a clip in another folder',
    { clip: '../a.mp4', lines: [LINE] },
    /clip: must be the name of a file, without folders/,
  ],
  [
    'a line nobody counted',
    { clip: 'a.mp4', lines: [LINE] },
    /lines\.0 \(door\): has neither "true" counts nor "events"/,
  ],
  [
    'counts that its events do not give',
    { clip: 'a.mp4', lines: [{ ...LINE, true: { in: 2, out: 1 }, events: EVENTS }] },
    /lines\.0 \(door\): "true" says 2 in and 1 out, its events are 1 in and 1 out: correct one/,
  ],
  [
    'an event before the clip',
    { clip: 'a.mp4', lines: [{ ...LINE, events: [{ t: -1, dir: 'in' }] }] },
    /events\.0\.t: must be/,
  ],
  ['an unknown direction', { clip: 'a.mp4', lines: [{ ...LINE, events: [{ t: 1, dir: 'left' }] }] }, /events\.0\.dir/],
  [
    'two lines of one name',
    { clip: 'a.mp4', lines: [LINE, LINE].map((line) => ({ ...line, events: [] })) },
    /two lines have the id "door": rename one/,
  ],
  [
    'a line outside the picture',
    { clip: 'a.mp4', lines: [{ ...LINE, p1: [300, 2] }] },
    /lines\.0\.p1\.0: must lie between/,
  ],
  [
    'a visit that ends before it begins',
    { clip: 'a.mp4', zones: [{ ...ZONE, visits: [{ enter: 5, leave: 4 }] }] },
    /zones\.0\.visits\.0: must leave later than enter/,
  ],
  ['two zones of one name', { clip: 'a.mp4', zones: [ZONE, ZONE] }, /two zones have the id "table"/],
  ['a text that is no JSON', 'truth', /is not JSON/],
])('%s is refused with its place', async (_, content, message) => {
  await expect(read(content)).rejects.toThrow(message);
  await expect(read(content)).rejects.toThrow(path);
});

test('all bad files of a folder are named at once', async () => {
  writeFileSync(path, '{');
  writeFileSync(join(folder, 'b.json'), JSON.stringify({ lines: [LINE] }));
  await expect(findTruth(folder, undefined)).rejects.toThrow(/a\.json: is not JSON\n.*b\.json: clip: /);
});

test.each([
  ['/nowhere', /there is no such folder/],
  [tmpdir(), /there is no \.json file in it/],
])('a folder without truth, %s, is said to be that', async (where, message) => {
  const empty = where === tmpdir() ? mkdtempSync(join(folder, 'empty-')) : where;
  await expect(findTruth(empty, undefined)).rejects.toThrow(message);
});
