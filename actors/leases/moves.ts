import type { WorkerHeartbeat } from '#protocol/leases.ts';

/** Of the worker that hands over, and of the others. */
export type Standing = Pick<WorkerHeartbeat, 'worker' | 'cameras' | 'capacity' | 'availability'>;

export interface MovableCamera {
  readonly camera: string;
  /** Nobody is near one of its lines or in a zone. */
  readonly isQuiet: boolean;
}

export interface MovesSituation {
  readonly me: Standing;
  /** Heard of late, and not known to have let an offer pass. */
  readonly peers: readonly Standing[];
  /** Held, and not on their way already. */
  readonly cameras: readonly MovableCamera[];
  /** On their way. */
  readonly moving: number;
  /** How long nobody joined, left or was moved. */
  readonly calmForMs: number;
}

export interface Move {
  readonly camera: string;
  readonly to: string;
}

/** A worker that leaves is in a hurry; one that has too many is not. */
const AT_ONCE = { leaving: 8, balancing: 2 } as const;
/** After a failure cameras are found anew first; then they are spread. */
const CALM_MS = 10_000;

/** Which cameras this worker asks which others to take over now. Pure. */
export function planMoves(s: MovesSituation): Move[] {
  const isLeaving = s.me.availability === 'leaving';
  if (!isLeaving && s.calmForMs < CALM_MS) return [];
  const load = new Map(
    s.peers.filter(({ availability }) => availability === 'open').map((peer) => [peer.worker, peer]),
  );
  const moves: Move[] = [];
  let mine = s.me.cameras - s.moving;
  const candidates = isLeaving ? s.cameras.toSorted(quietFirst) : s.cameras.filter(({ isQuiet }) => isQuiet);
  for (const { camera } of candidates) {
    if (moves.length + s.moving >= AT_ONCE[isLeaving ? 'leaving' : 'balancing']) break;
    const to = leastLoaded(load.values());
    if (to === null) break;
    if (!isLeaving && !evensOut({ ...s.me, cameras: mine }, to)) break;
    moves.push({ camera, to: to.worker });
    mine -= 1;
    load.set(to.worker, { ...to, cameras: to.cameras + 1 });
  }
  return moves;
}

/**
 * Whether a camera that moves makes them more alike; otherwise it would only change sides, and back. Asked on both sides:
 * many may offer to the same worker at once.
 */
export function evensOut(from: Standing, to: Standing): boolean {
  return (from.cameras - 1) / from.capacity >= (to.cameras + 1) / to.capacity;
}

function leastLoaded(peers: Iterable<Standing>): Standing | null {
  let least: Standing | null = null;
  for (const peer of peers) {
    if (peer.cameras >= peer.capacity) continue;
    if (least === null || (peer.cameras + 1) / peer.capacity < (least.cameras + 1) / least.capacity) least = peer;
  }
  return least;
}

function quietFirst(a: MovableCamera, b: MovableCamera): number {
  return Number(b.isQuiet) - Number(a.isQuiet);
}
