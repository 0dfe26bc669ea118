import { expect, test } from 'vitest';
import { ViewerLedger } from './viewer-ledger.ts';

/** A ledger in which `ann` has sessions a1 and a2 of the hall since 0. */
function full(): ViewerLedger {
  const ledger = new ViewerLedger(2);
  for (const viewer of ['a1', 'a2']) {
    expect(ledger.reserve('ann')).toBe(true);
    ledger.joined('ann', 'hall', viewer, 0);
  }
  return ledger;
}

test('a user has no more than so many sessions, joining ones included, and another user is not touched', () => {
  const ledger = new ViewerLedger(2);
  expect([ledger.reserve('ann'), ledger.reserve('ann'), ledger.reserve('ann')]).toEqual([true, true, false]);
  ledger.gaveUp('ann');
  expect(ledger.reserve('ann')).toBe(true);
  ledger.joined('ann', 'hall', 'a1', 0);
  ledger.joined('ann', 'hall', 'a2', 0);
  expect(ledger.reserve('ann')).toBe(false);
  expect(ledger.reserve('bob')).toBe(true);
});

test('a session that ended makes room', () => {
  const ledger = full();
  ledger.ended('a1');
  expect([ledger.reserve('ann'), ledger.reserve('ann')]).toEqual([true, false]);
});

test('sessions that the worker knows no more make room, and those made since it was asked stay', () => {
  const ledger = full();
  ledger.ended('a2');
  ledger.reserve('ann');
  ledger.joined('ann', 'hall', 'a3', 2_000);
  expect(ledger.camerasUnseenSince('ann', 1_000)).toEqual(['hall']);
  ledger.seen('hall', new Set(), 1_000);
  expect(ledger.size).toBe(1);
  expect(ledger.camerasUnseenSince('ann', 1_000)).toEqual([]);
});

test('sessions that live stay and need not be asked for again at once', () => {
  const ledger = full();
  ledger.seen('door', new Set(), 1_000);
  ledger.seen('hall', new Set(['a1', 'a2']), 1_000);
  expect(ledger.reserve('ann')).toBe(false);
  expect(ledger.camerasUnseenSince('ann', 1_000)).toEqual([]);
  expect(ledger.camerasUnseenSince('ann', 1_001)).toEqual(['hall']);
});

test('sessions of a camera that nobody answers for expire', () => {
  const ledger = full();
  ledger.unanswered('hall', 60_000);
  expect(ledger.size).toBe(2);
  ledger.unanswered('hall', 60_001);
  expect(ledger.size).toBe(0);
});

test('it is bounded: the session heard of longest ago is forgotten first', () => {
  const ledger = new ViewerLedger(20_000);
  for (let i = 0; i < 10_000; i += 1) ledger.joined('ann', i === 0 ? 'door' : 'hall', String(i), 0);
  ledger.seen('door', new Set(['0']), 1);
  ledger.joined('ann', 'hall', 'new', 2);
  expect(ledger.size).toBe(10_000);
  expect(ledger.camerasUnseenSince('ann', 2)).toContain('door');
});
