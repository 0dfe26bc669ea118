import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { OutboxStore, type Unnumbered } from './outbox-store.ts';

let folder: string;
let store: OutboxStore;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'footfall-outbox-'));
  store = new OutboxStore(join(folder, 'outbox.sqlite'));
});
afterEach(() => {
  store.close();
  rmSync(folder, { recursive: true });
});

function fact(leaseId: string, n: 0 | null = null): Unnumbered {
  return { leaseId, camera: 'cam-1', subject: 'footfall.fact.x', body: '{"type":"LineCrossed"}', n };
}

test('each lease counts its own facts from 1, and its LeaseStarted is 0', () => {
  expect(store.append([fact('a', 0), fact('a'), fact('b'), fact('a')])).toEqual([0, 1, 1, 2]);
  expect(store.append([fact('a'), fact('b')])).toEqual([3, 2]);
  expect(store.due(0, [], 10).map(({ id }) => id)).toEqual([
    'cam-1.a.0',
    'cam-1.a.1',
    'cam-1.b.1',
    'cam-1.a.2',
    'cam-1.a.3',
    'cam-1.b.2',
  ]);
  expect(JSON.parse(store.due(0, [], 1)[0]?.json ?? '')).toEqual({ type: 'LineCrossed', id: 'cam-1.a.0', n: 0 });
});

test('a number is never given twice, also after all facts were settled and the file was opened again', () => {
  store.append([fact('a'), fact('a')]);
  store.settle([{ leaseId: 'a', n: 1, started: false }]);
  store.close();
  store = new OutboxStore(join(folder, 'outbox.sqlite'));
  expect(store.append([fact('a')])).toEqual([3]);
});

test('a LeaseStarted that is repeated is kept once', () => {
  store.append([fact('a', 0)]);
  store.append([fact('a', 0)]);
  expect(store.unsettled()).toBe(1);
});

test('facts up to the watermark are dropped, the LeaseStarted only once it is stored', () => {
  store.append([fact('a', 0), fact('a'), fact('a'), fact('a')]);
  store.settle([{ leaseId: 'a', n: 2, started: false }]);
  expect(store.due(0, [], 10).map(({ id }) => id)).toEqual(['cam-1.a.0', 'cam-1.a.3']);
  store.settle([{ leaseId: 'a', n: 2, started: true }]);
  expect(store.due(0, [], 10).map(({ id }) => id)).toEqual(['cam-1.a.3']);
  expect(store.leases()).toEqual(['a']);
});

test('an acknowledged fact is due again at its time, sooner when the server was away, and at once after a restart', () => {
  store.append([fact('a'), fact('a')]);
  const [first] = store.due(0, [], 1);
  store.sent([{ seq: first?.seq ?? 0, dueAtMs: 60_000 }]);
  expect(store.due(59_000, [], 10).map(({ id }) => id)).toEqual(['cam-1.a.2']);
  expect(store.due(60_000, [], 10).map(({ id, sent }) => [id, sent])).toEqual([
    ['cam-1.a.2', 0],
    ['cam-1.a.1', 1],
  ]);
  store.hasten(30_000);
  expect(store.due(30_000, [], 10)).toHaveLength(2);
  store.sent([{ seq: first?.seq ?? 0, dueAtMs: 90_000 }]);
  store.close();
  store = new OutboxStore(join(folder, 'outbox.sqlite'));
  expect(store.due(0, [], 10).map(({ id }) => id)).toEqual(['cam-1.a.1', 'cam-1.a.2']);
});

test('what is under way is not handed out again', () => {
  store.append([fact('a'), fact('a')]);
  const [first] = store.due(0, [], 1);
  expect(store.due(0, [first?.seq ?? 0], 10).map(({ id }) => id)).toEqual(['cam-1.a.2']);
});

test('a file that is no database is set aside and a new one is begun', () => {
  store.close();
  const file = join(folder, 'outbox.sqlite');
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
  writeFileSync(
    file,
    'this is not a database, but it is long enough to look like one to somebody in a hurry'.repeat(20),
  );
  store = new OutboxStore(file);
  expect(store.append([fact('a')])).toEqual([1]);
  expect(readdirSync(folder).some((name) => name.includes('.damaged-'))).toBe(true);
});
