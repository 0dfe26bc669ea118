import { hash } from 'node:crypto';

export interface Candidate {
  readonly worker: string;
  readonly freeCapacity: number;
}

/**
 * Weighted rendezvous hashing (Schindler and Schomaker, 2005): every worker computes the same order for a camera without
 * talking, a worker's chance to be first is proportional to its free capacity, and when one leaves only its cameras move.
 */
export function rankOf(camera: string, worker: string, candidates: readonly Candidate[]): number {
  const scored = candidates.map((candidate) => ({ worker: candidate.worker, score: score(camera, candidate) }));
  scored.sort((a, b) => b.score - a.score || (a.worker < b.worker ? -1 : 1));
  return Math.max(
    0,
    scored.findIndex((candidate) => candidate.worker === worker),
  );
}

/** Whether this worker is the first of all for the camera, room or not. */
export function isFirst(camera: string, worker: string, workers: readonly string[]): boolean {
  const candidates = workers.map((each) => ({ worker: each, freeCapacity: 1 }));
  return rankOf(camera, worker, candidates) === 0;
}

function score(camera: string, { worker, freeCapacity }: Candidate): number {
  const digest = hash('sha256', `${worker}\n${camera}`, 'buffer');
  const uniform = (digest.readUInt32BE(0) + 0.5) / 2 ** 32;
  // A full worker is still a candidate: a camera watched badly is better than one not watched.
  return Math.max(freeCapacity, 0.01) / -Math.log(uniform);
}
