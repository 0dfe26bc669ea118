import type { LeaseRecord } from '#protocol/leases.ts';

/** A worker without a renewal for this long does not run its cameras any more. */
export const SILENCE_LIMIT_MS = 6_000;
/** Each rank after the first waits this much longer before it tries. */
const RANK_DELAY_MS = 1_500;

export interface ClaimSituation {
  readonly me: { readonly worker: string; readonly bootId: string };
  /** What the key holds; null: nothing. */
  readonly found: { readonly record: LeaseRecord; readonly revision: number } | null;
  /** The holder's heartbeat as heard here; null: it has none. */
  readonly holder: { readonly bootId: string; readonly silentForMs: number } | null;
  /** Greatest epoch in the database; null: not known (the projector has not published it). */
  readonly epochFloor: number | null;
  /** How long my own renewals have succeeded without a gap; silence of others means nothing before. */
  readonly renewingForMs: number;
  /** My place among the live workers for this camera, 0 = first. */
  readonly rank: number;
  /** How long the camera has been free to claim, as seen here. */
  readonly claimableForMs: number;
}

export type ClaimDecision =
  | { readonly kind: 'claim'; readonly epoch: number; readonly lastRevision: number | null }
  | {
      readonly kind: 'wait';
      readonly claimable: boolean;
      readonly reason: string;
      /** Another worker, as far as is known here. */
      readonly isHeld: boolean;
    };

/** May this worker take the camera now? Pure: the rules of who runs which camera, in one place. */
export function decideClaim(s: ClaimSituation): ClaimDecision {
  if (s.epochFloor === null) {
    // Counting under an epoch below one the database knows would have every fact refused.
    const reason = 'the projector has not told yet which claims came before';
    return { kind: 'wait', claimable: false, reason, isHeld: false };
  }
  const claim: ClaimDecision = {
    kind: 'claim',
    epoch: Math.max(s.found?.record.epoch ?? 0, s.epochFloor) + 1,
    lastRevision: s.found?.revision ?? null,
  };
  // The lock on the data folder proves that the process before this one is gone.
  if (s.found?.record.worker === s.me.worker) return claim;
  const heldBy = s.found === null || s.found.record.released ? null : s.found.record;
  if (heldBy !== null) {
    if (s.renewingForMs < SILENCE_LIMIT_MS) {
      const reason = 'this worker has not been in contact long enough to judge others';
      return { kind: 'wait', claimable: false, reason, isHeld: true };
    }
    const gone = s.holder?.bootId !== heldBy.bootId;
    if (!gone && s.holder.silentForMs < SILENCE_LIMIT_MS) {
      return { kind: 'wait', claimable: false, reason: `worker ${heldBy.worker} runs it`, isHeld: true };
    }
  }
  if (s.claimableForMs < s.rank * RANK_DELAY_MS) {
    return { kind: 'wait', claimable: true, reason: 'another worker is to try first', isHeld: false };
  }
  return claim;
}

export type Settlement = 'adopt' | 'write-again' | 'lost';

/**
 * What a holder does when the key does not say what it wrote: its own lease under another revision, nothing or an older
 * claim (the store was restored to an earlier state), or a claim that owns the time from now on.
 */
export function settle(
  mine: Pick<LeaseRecord, 'leaseId' | 'epoch'>,
  found: Pick<LeaseRecord, 'leaseId' | 'epoch'> | null,
): Settlement {
  if (found === null) return 'write-again';
  if (found.leaseId === mine.leaseId) return 'adopt';
  if (found.epoch !== mine.epoch) return found.epoch < mine.epoch ? 'write-again' : 'lost';
  return found.leaseId < mine.leaseId ? 'write-again' : 'lost';
}
