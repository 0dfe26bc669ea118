import { expect, test } from 'vitest';
import type { LeaseRecord } from '#protocol/leases.ts';
import { LeaseBook } from './lease-book.ts';

function recordOf(camera: string, worker: string, more: Partial<LeaseRecord> = {}): LeaseRecord {
  const lease = { bootId: 'b', leaseId: 'a'.repeat(24), epoch: 1, released: false };
  return { camera, worker, ...lease, offeredTo: null, takenFrom: null, countsFromMs: null, ...more };
}

function bookOf(...records: LeaseRecord[]): LeaseBook {
  const book = new LeaseBook();
  for (const record of records) book.note(record.camera, { record, revision: 1 });
  return book;
}

const isGone = ({ worker }: { worker: string }): boolean => worker === 'gone';

test('without a holder are the released ones and all of a worker that is gone', () => {
  const book = bookOf(recordOf('a', 'w-1'), recordOf('b', 'gone'), recordOf('c', 'gone'));
  book.note('a', { record: recordOf('a', 'w-1', { released: true }), revision: 2 });
  expect([...book.unheld(isGone)].sort()).toEqual(['a', 'b', 'c']);
});

test('a camera that another took is no longer with the one that is gone', () => {
  const book = bookOf(recordOf('a', 'gone'));
  book.note('a', { record: recordOf('a', 'w-1', { epoch: 2 }), revision: 2 });
  expect([...book.unheld(isGone)]).toEqual([]);
  expect(book.get('a')).toMatchObject({ revision: 2, record: { worker: 'w-1' } });
  book.note('a', null);
  expect(book.get('a')).toBeNull();
});

test('an offer stands until it is taken back, taken, or its camera released', () => {
  const book = bookOf(recordOf('a', 'w-1', { offeredTo: 'w-2' }), recordOf('b', 'w-1', { offeredTo: 'w-2' }));
  expect([...book.offeredTo('w-2')]).toEqual(['a', 'b']);
  book.note('a', { record: recordOf('a', 'w-2', { epoch: 2 }), revision: 2 });
  book.note('b', { record: recordOf('b', 'w-1', { offeredTo: 'w-2', released: true }), revision: 3 });
  expect([...book.offeredTo('w-2')]).toEqual([]);
});
