import type { Direction } from '#protocol/geometry.ts';
import type { Outage } from './rig.ts';
import type { Stored, StoredCrossing, StoredLease } from './stored.ts';

/** A crossing is told at the instant the box's foot met the line; truth takes the floor point below the body. */
const SAME_WITHIN_MS = 1_500;
/**
 * Around a take-over or an outage a crossing may be missed: who looks anew needs a session, a second of warm-up, and to know
 * who is there; who is killed has not yet decided about those who are crossing.
 */
const BLIND_MARGIN_MS = 6_000;

export interface Truth {
  readonly atMs: number;
  readonly direction: Direction;
}

export interface Evidence {
  readonly stored: Stored;
  readonly truth: ReadonlyMap<string, readonly Truth[]>;
  readonly outages: readonly Outage[];
  /** By lease: the greatest n its outbox gave out. */
  readonly decided: ReadonlyMap<string, number>;
  /** The time that is judged, epoch ms. */
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface Verdict {
  /** Facts that workers numbered. */
  readonly decided: number;
  /** How many of them are stored or rejected. */
  readonly stored: number;
  /** Ids of those that are neither. */
  readonly lost: readonly string[];
  /** Accepted crossings that are a second account of the same true one. */
  readonly doubled: readonly string[];
  /** Accepted crossings without a true one: the detector's error, or invention. */
  readonly invented: readonly string[];
  /** True crossings that somebody could have counted. */
  readonly inView: number;
  /** Of them, not counted, as `camera at instant`. */
  readonly missedInView: readonly string[];
}

/** Holds what is stored against what was decided and what was to be seen. */
export function judge(evidence: Evidence): Verdict {
  const { stored, truth, decided } = evidence;
  const lost: string[] = [];
  let [numbered, settled] = [0, 0];
  for (const leaseId of new Set([
    ...decided.keys(),
    ...stored.numbers.keys(),
    ...stored.leases.map((l) => l.leaseId),
  ])) {
    const numbers = stored.numbers.get(leaseId) ?? new Set<number>();
    const lease = stored.leases.find((each) => each.leaseId === leaseId);
    const last = Math.max(decided.get(leaseId) ?? 0, lease?.watermark ?? 0, ...numbers);
    numbered += last;
    settled += numbers.size;
    for (let n = 1; n <= last; n += 1) if (!numbers.has(n)) lost.push(`${leaseId}.${String(n)}`);
  }
  const [doubled, invented, missedInView]: [string[], string[], string[]] = [[], [], []];
  let inView = 0;
  for (const [camera, all] of truth) {
    const isJudged = ({ atMs }: { atMs: number }): boolean => atMs >= evidence.fromMs && atMs < evidence.untilMs;
    const own = stored.crossings.filter((each) => each.camera === camera);
    const { again, without, missed } = pair(own, all);
    doubled.push(...again.map(({ factId }) => factId));
    invented.push(...without.filter(isJudged).map(({ factId }) => factId));
    const isSeen = sightOf(camera, evidence);
    const seen = (each: Truth): boolean => isJudged(each) && isSeen(each.atMs);
    inView += all.filter(seen).length;
    missedInView.push(...missed.filter(seen).map(({ atMs }) => `${camera} at ${new Date(atMs).toISOString()}`));
  }
  return { decided: numbered, stored: settled, lost, doubled, invented, inView, missedInView };
}

/**
 * Each stored crossing with a true one of its direction and instant, each once: oldest first with the earliest that fits,
 * which finds a full pairing whenever there is one. `again`: stored ones for which only true ones are near that are taken.
 */
export function pair(
  stored: readonly StoredCrossing[],
  truth: readonly Truth[],
): { again: StoredCrossing[]; without: StoredCrossing[]; missed: Truth[] } {
  const left = truth.toSorted((a, b) => a.atMs - b.atMs);
  const [again, without]: [StoredCrossing[], StoredCrossing[]] = [[], []];
  for (const one of stored.toSorted((a, b) => a.atMs - b.atMs)) {
    const fits = (each: Truth): boolean =>
      each.direction === one.direction && Math.abs(each.atMs - one.atMs) <= SAME_WITHIN_MS;
    const match = left.findIndex(fits);
    if (match >= 0) left.splice(match, 1);
    else if (truth.some(fits)) again.push(one);
    else without.push(one);
  }
  return { again, without, missed: left };
}

/** Whether somebody could have counted at that camera at an instant, by who owned it and who was well. */
function sightOf(camera: string, { stored, outages, untilMs }: Evidence): (atMs: number) => boolean {
  const leases = stored.leases.filter(
    (lease): lease is StoredLease & { countsFromMs: number } => lease.camera === camera && lease.countsFromMs !== null,
  );
  const blind: { fromMs: number; untilMs: number }[] = leases.map(({ countsFromMs }) => {
    return { fromMs: countsFromMs, untilMs: countsFromMs };
  });
  for (const outage of outages) {
    const endMs = outage.untilMs ?? untilMs;
    if (outage.of === camera) blind.push({ fromMs: outage.fromMs, untilMs: endMs });
    const owner = leases.findLast(({ countsFromMs }) => countsFromMs <= outage.fromMs);
    if (owner?.worker !== outage.of) continue;
    const next = leases.find(({ countsFromMs }) => countsFromMs > outage.fromMs)?.countsFromMs ?? Infinity;
    // Over when the camera is counted under another lease, or the same worker wakes up and goes on.
    blind.push({ fromMs: outage.fromMs, untilMs: outage.isDeath ? next : Math.min(endMs, next) });
  }
  const firstMs = leases[0]?.countsFromMs ?? Infinity;
  return (atMs) =>
    atMs >= firstMs &&
    !blind.some((each) => atMs > each.fromMs - BLIND_MARGIN_MS && atMs < each.untilMs + BLIND_MARGIN_MS);
}
