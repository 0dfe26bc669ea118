import type { WorkerHeartbeat } from '#protocol/leases.ts';
import { mayRun } from './groups.ts';

/** Of the worker that hands over, and of the others. */
export type Standing = Pick<WorkerHeartbeat, 'worker' | 'cameras' | 'capacity' | 'availability' | 'groups'>;

export interface MovableCamera {
  readonly camera: string;
  /** Nobody is near one of its lines or in a zone. */
  readonly isQuiet: boolean;
  /** Of workers that it is kept to; null: any. */
  readonly group: string | null;
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
  const isMisplaced = ({ group }: MovableCamera): boolean => !mayRun(s.me.groups, group);
  const candidates = isLeaving
    ? s.cameras.toSorted(quietFirst)
    : s.cameras.filter(({ isQuiet }) => isQuiet).sort((a, b) => Number(isMisplaced(b)) - Number(isMisplaced(a)));
  for (const candidate of candidates) {
    const { camera, group } = candidate;
    if (moves.length + s.moving >= AT_ONCE[isLeaving ? 'leaving' : 'balancing']) break;
    const to = leastLoaded(load.values(), group);
    if (to === null) continue;
    if (!isLeaving && !isMisplaced(candidate) && !evensOut({ ...s.me, cameras: mine }, to)) continue;
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
export function evensOut(
  from: Pick<Standing, 'cameras' | 'capacity'>,
  to: Pick<Standing, 'cameras' | 'capacity'>,
): boolean {
  return (from.cameras - 1) / from.capacity >= (to.cameras + 1) / to.capacity;
}

/** Whether a worker takes a camera that another asks it to take. Pure. */
export function takesOver(me: Omit<Standing, 'worker'>, from: Standing, group: string | null): boolean {
  if (me.availability !== 'open' || !mayRun(me.groups, group)) return false;
  return from.availability === 'leaving' || !mayRun(from.groups, group) || evensOut(from, me);
}

function leastLoaded(peers: Iterable<Standing>, group: string | null): Standing | null {
  let least: Standing | null = null;
  for (const peer of peers) {
    if (!mayRun(peer.groups, group)) continue;
    if (least === null || (peer.cameras + 1) / peer.capacity < (least.cameras + 1) / least.capacity) least = peer;
  }
  return least;
}

function quietFirst(a: MovableCamera, b: MovableCamera): number {
  return Number(b.isQuiet) - Number(a.isQuiet);
}
