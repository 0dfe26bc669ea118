import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LeaseRecord } from '#protocol/leases.ts';
import { decideClaim, settle, type ClaimSituation } from './decide.ts';

const record: LeaseRecord = {
  camera: 'c',
  worker: 'w-2',
  bootId: 'b2',
  leaseId: 'a'.repeat(24),
  epoch: 5,
  released: false,
  offeredTo: null,
  takenFrom: null,
  countsFromMs: null,
};
const situation: ClaimSituation = {
  me: { worker: 'w-1', bootId: 'b1' },
  isOpen: true,
  lacksGroup: null,
  takesOffer: true,
  found: null,
  holder: null,
  epochFloor: 0,
  renewingForMs: 60_000,
  rank: 0,
  claimableForMs: 0,
};
const held = { record, revision: 17 };

describe('decideClaim()', () => {
  test('a camera nobody ever ran is claimed above the database’s epoch', () => {
    expect(decideClaim({ ...situation, epochFloor: 41 })).toMatchObject({ epoch: 42, lastRevision: null });
  });

  test('a camera kept to a group is left to it, but for the one this worker ran before it was started anew', () => {
    const asked = { ...situation, lacksGroup: 'gpu' };
    expect(decideClaim(asked)).toMatchObject({ kind: 'wait', reason: 'it is kept to workers of group gpu' });
    const found = { ...held, record: { ...record, worker: 'w-1' } };
    expect(decideClaim({ ...asked, found })).toMatchObject({ kind: 'claim' });
  });

  test('a released camera is claimed above both epochs, from its last revision', () => {
    const found = { ...held, record: { ...record, released: true } };
    expect(decideClaim({ ...situation, found, epochFloor: 3 })).toMatchObject({ epoch: 6, lastRevision: 17 });
    expect(decideClaim({ ...situation, found, epochFloor: 9 })).toMatchObject({ epoch: 10, lastRevision: 17 });
  });

  test('one’s own camera of an earlier boot is taken over at once', () => {
    const found = { ...held, record: { ...record, worker: 'w-1', bootId: 'old' } };
    const restarted = { ...situation, found, renewingForMs: 0, isOpen: false };
    expect(decideClaim(restarted)).toMatchObject({ kind: 'claim', epoch: 6 });
  });

  test('a camera is taken over by agreement from a worker that is heard, by the one it is offered to alone', () => {
    const holder = { bootId: 'b2', silentForMs: 100 };
    const offered = { ...situation, holder, found: { ...held, record: { ...record, offeredTo: 'w-1' } } };
    expect(decideClaim(offered)).toMatchObject({ kind: 'claim', epoch: 6, takenFrom: record.leaseId });
    expect(decideClaim({ ...offered, takesOffer: false })).toMatchObject({ kind: 'wait', isHeld: true });
    expect(decideClaim({ ...offered, me: { worker: 'w-3', bootId: 'b3' } })).toMatchObject({ isHeld: true });
    // Its holder is gone: nobody counts until this one does.
    expect(decideClaim({ ...offered, holder: null })).toMatchObject({ kind: 'claim', takenFrom: null });
  });

  test('a worker that takes no more leaves a free camera to others', () => {
    const closed = { ...situation, isOpen: false };
    expect(decideClaim(closed)).toMatchObject({ kind: 'wait', isHeld: false });
    const found = { ...held, record: { ...record, worker: 'w-1', bootId: 'b1', released: true } };
    expect(decideClaim({ ...closed, found })).toMatchObject({ kind: 'wait' });
  });

  test('a camera of a worker that is heard is left alone', () => {
    const holder = { bootId: 'b2', silentForMs: 5_900 };
    expect(decideClaim({ ...situation, found: held, holder })).toMatchObject({ kind: 'wait', isHeld: true });
  });

  test('a camera is taken over from a worker that is silent for 6 s, has another boot, or is not registered', () => {
    for (const holder of [{ bootId: 'b2', silentForMs: 6_000 }, { bootId: 'b3', silentForMs: 0 }, null]) {
      expect(decideClaim({ ...situation, found: held, holder })).toMatchObject({ kind: 'claim', epoch: 6 });
    }
  });

  test('the silence of others means nothing until one’s own renewals have succeeded for 6 s', () => {
    expect(decideClaim({ ...situation, found: held, renewingForMs: 5_000 })).toMatchObject({ kind: 'wait' });
  });

  test('without the database’s epoch nothing is claimed', () => {
    expect(decideClaim({ ...situation, epochFloor: null })).toMatchObject({ kind: 'wait', claimable: false });
  });

  test('a later rank waits its turn', () => {
    expect(decideClaim({ ...situation, rank: 2, claimableForMs: 2_900 })).toMatchObject({
      kind: 'wait',
      claimable: true,
    });
    expect(decideClaim({ ...situation, rank: 2, claimableForMs: 3_000 })).toMatchObject({ kind: 'claim' });
  });
});

describe('settle()', () => {
  const mine = { leaseId: 'b'.repeat(24), epoch: 5 };

  test('one’s own lease is adopted, an older claim or none is overwritten, a newer one wins', () => {
    expect(settle(mine, { ...mine })).toBe('adopt');
    expect(settle(mine, null)).toBe('write-again');
    expect(settle(mine, { leaseId: 'f'.repeat(24), epoch: 4 })).toBe('write-again');
    expect(settle(mine, { leaseId: 'a'.repeat(24), epoch: 6 })).toBe('lost');
  });

  test('of two different claims exactly one gives way, whoever looks', () => {
    const claim = fc.record({ leaseId: fc.constantFrom('a', 'b', 'c'), epoch: fc.integer({ min: 1, max: 3 }) });
    fc.assert(
      fc.property(claim, claim, (a, b) => {
        fc.pre(a.leaseId !== b.leaseId);
        expect([settle(a, b), settle(b, a)].toSorted()).toEqual(['lost', 'write-again']);
      }),
    );
  });
});
