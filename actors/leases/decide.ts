import { AppError } from '#protocol/errors.ts';
import type { LeaseRecord } from '#protocol/leases.ts';
import type { Found, Holder } from './lease-book.ts';

/** A worker without a renewal for this long does not run its cameras any more. */
export const SILENCE_LIMIT_MS = 6_000;
/** A worker that is heard may fall silent, and what is missing may come, at any moment. */
const SOON_MS = 500;
/** Each rank after the first waits this much longer before it tries. */
const RANK_DELAY_MS = 1_500;

export interface ClaimSituation {
  readonly me: Holder;
  /** Whether it takes more cameras. */
  readonly isOpen: boolean;
  /** And one that its holder asks it to take over. */
  readonly takesOffer: boolean;
  /** What this worker would have to have to run it; null: nothing. */
  readonly lacksGroup: string | null;
  /** What the key holds; null: nothing. */
  readonly found: Found | null;
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
  | {
      readonly kind: 'claim';
      readonly epoch: number;
      readonly lastRevision: number | null;
      /** The lease whose holder counts until this one does; null: it is nobody's, or its holder is gone. */
      readonly takenFrom: string | null;
    }
  | {
      readonly kind: 'wait';
      readonly claimable: boolean;
      readonly reason: string;
      /** Another worker, as far as is known here. */
      readonly isHeld: boolean;
      /** For how long at least, if nothing happens. */
      readonly forMs: number;
    };

/** May this worker take the camera now? Pure: the rules of who runs which camera, in one place. */
export function decideClaim(s: ClaimSituation): ClaimDecision {
  if (s.epochFloor === null) {
    // Counting under an epoch below one the database knows would have every fact refused.
    const reason = 'the projector has not told yet which claims came before';
    return { kind: 'wait', claimable: false, reason, isHeld: false, forMs: SOON_MS };
  }
  const claim = {
    kind: 'claim',
    epoch: Math.max(s.found?.record.epoch ?? 0, s.epochFloor) + 1,
    lastRevision: s.found?.revision ?? null,
    takenFrom: null,
  } as const;
  const held = s.found === null || s.found.record.released ? null : s.found.record;
  // The lock on the data folder proves that the process before this one is gone.
  if (held?.worker === s.me.worker) return claim;
  if (held !== null) {
    const isSameBoot = s.holder?.bootId === held.bootId;
    if (isSameBoot && s.holder.silentForMs < SILENCE_LIMIT_MS) {
      if (held.offeredTo === s.me.worker && s.takesOffer) return { ...claim, takenFrom: held.leaseId };
      const reason = `worker ${held.worker} runs it`;
      return { kind: 'wait', claimable: false, reason, isHeld: true, forMs: SOON_MS };
    }
    if (s.renewingForMs < SILENCE_LIMIT_MS) {
      const reason = 'this worker has not been in contact long enough to judge others';
      return { kind: 'wait', claimable: false, reason, isHeld: true, forMs: SOON_MS };
    }
  }
  if (s.lacksGroup !== null) {
    const reason = `it is kept to workers of group ${s.lacksGroup}`;
    return { kind: 'wait', claimable: false, reason, isHeld: false, forMs: SOON_MS };
  }
  if (!s.isOpen) {
    const reason = 'this worker takes no more cameras';
    return { kind: 'wait', claimable: false, reason, isHeld: false, forMs: SOON_MS };
  }
  const turnInMs = s.rank * RANK_DELAY_MS - s.claimableForMs;
  if (turnInMs > 0) {
    const reason = 'another worker is to try first';
    return { kind: 'wait', claimable: true, reason, isHeld: false, forMs: turnInMs };
  }
  return claim;
}

export function errorOf({ isHeld, reason }: Extract<ClaimDecision, { kind: 'wait' }>): AppError {
  return new AppError(isHeld ? 'camera.held-elsewhere' : 'camera.unclaimed', reason);
}

export interface Obstacle {
  readonly why: AppError;
  readonly forMs: number;
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
