import { pictureProblemSchema, type PictureProblem, type PresentProblem } from '#protocol/picture-health.ts';
import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { evidenceOf, observe } from './evidence.ts';
import { ABSENT, persist, type Patience, type Persistence } from './persistence.ts';
import { LEARNED_AFTER_MS, withPicture, type View } from './view.ts';

export interface HealthTiming {
  /** People pass before the lens, light is switched, a camera hunts for focus: all within seconds. */
  readonly raiseAfterMs: number;
  readonly clearAfterMs: number;
  /** The pictures of an empty room by night can be alike for long. */
  readonly frozenAfterMs: number;
  readonly learnedAfterMs: number;
}

export const HEALTH_TIMING: HealthTiming = {
  raiseAfterMs: 10_000,
  clearAfterMs: 10_000,
  frozenAfterMs: 30_000,
  learnedAfterMs: LEARNED_AFTER_MS,
};

/** Time that one picture stands for at most: after a gap nothing was watched. */
const MOST_PER_PICTURE_MS = 10_000;
/** One picture that its encoder made another thing of does not tell whether pictures are live: the middle one of so many does. */
const CHANGES_WEIGHED = 5;
/** Once the view is known it is followed in steps of this size. */
const FOLLOW_EVERY_MS = 10_000;

export interface HealthChange {
  readonly problem: PictureProblem;
  readonly isPresent: boolean;
  /** Since when it is so, and when that was believed; the pictures' times, epoch ms. */
  readonly sinceMs: number;
  readonly atMs: number;
}

export interface PictureHealth {
  readonly timing: HealthTiming;
  readonly view: View | null;
  readonly problems: Readonly<Record<PictureProblem, Persistence>>;
  readonly lastMs: number | null;
  readonly learnedAtMs: number;
  /** Of the last few pictures, the newest last. */
  readonly changes: readonly number[];
}

export function createPictureHealth(timing: HealthTiming = HEALTH_TIMING): PictureHealth {
  return {
    timing,
    view: null,
    problems: Object.fromEntries(pictureProblemSchema.options.map((problem) => [problem, ABSENT])) as Record<
      PictureProblem,
      Persistence
    >,
    lastMs: null,
    learnedAtMs: -Infinity,
    changes: [],
  };
}

/** With what was known of the camera before. */
export function recallPictureHealth(
  health: PictureHealth,
  view: View | null,
  present: readonly PresentProblem[],
): PictureHealth {
  const recalled = present.map(({ problem, sinceMs }) => [problem, { isPresent: true, sinceMs, contrary: null }]);
  return {
    ...health,
    view,
    problems: { ...health.problems, ...(Object.fromEntries(recalled) as Partial<PictureHealth['problems']>) },
  };
}

export function presentProblems({ problems }: PictureHealth): PresentProblem[] {
  return pictureProblemSchema.options.flatMap((problem) => {
    const { isPresent, sinceMs } = problems[problem];
    return isPresent && sinceMs !== null ? [{ problem, sinceMs }] : [];
  });
}

/** Pure. Pictures come about once a second, less often while nothing moves; of a new session, in order. */
export function stepPictureHealth(
  health: PictureHealth,
  traits: PictureTraits,
): { readonly health: PictureHealth; readonly changes: readonly HealthChange[] } {
  const atMs = traits.ticks90k / 90;
  const known = isKnown(health) ? health.view : null;
  const recent = traits.change === null ? health.changes : [...health.changes, traits.change].slice(-CHANGES_WEIGHED);
  const evidence = evidenceOf(observe(traits, known, traits.change === null ? null : middleOf(recent)));
  const problems = { ...health.problems };
  const changes: HealthChange[] = [];
  for (const problem of pictureProblemSchema.options) {
    const before = health.problems[problem];
    const after = persist(before, evidence[problem], atMs, patienceOf(problem, health.timing));
    problems[problem] = after;
    if (after.isPresent !== before.isPresent) {
      changes.push({ problem, isPresent: after.isPresent, sinceMs: after.sinceMs ?? atMs, atMs });
    }
  }
  const isWell = pictureProblemSchema.options.every(
    (problem) => !problems[problem].isPresent && evidence[problem] !== true,
  );
  const next = { ...health, problems, lastMs: atMs, changes: recent };
  return { health: isWell ? learn(next, traits, health.lastMs) : next, changes };
}

/** The camera is to show something else from now on: what it showed is forgotten, and with it that it was moved. */
export function forgetView(
  health: PictureHealth,
  atMs: number,
): { readonly health: PictureHealth; readonly changes: readonly HealthChange[] } {
  const changes: HealthChange[] = presentProblems(health)
    .filter(({ problem }) => needsView(problem))
    .map(({ problem }) => ({ problem, isPresent: false, sinceMs: atMs, atMs }));
  const gone = Object.fromEntries(changes.map(({ problem }) => [problem, { ...ABSENT, sinceMs: atMs }]));
  const problems = { ...health.problems, ...(gone as Partial<PictureHealth['problems']>) };
  return { health: { ...health, view: null, learnedAtMs: -Infinity, problems }, changes };
}

function needsView(problem: PictureProblem): boolean {
  return problem === 'moved' || problem === 'covered' || problem === 'blurred';
}

/** Long enough to compare pictures with. */
export function isKnown({ view, timing }: PictureHealth): boolean {
  return view !== null && view.watchedMs >= timing.learnedAfterMs;
}

function middleOf(changes: readonly number[]): number | null {
  return changes.length < CHANGES_WEIGHED ? null : (changes.toSorted((a, b) => a - b)[CHANGES_WEIGHED >> 1] ?? null);
}

function patienceOf(problem: PictureProblem, timing: HealthTiming): Patience {
  const { raiseAfterMs, clearAfterMs, frozenAfterMs } = timing;
  return { raiseAfterMs: problem === 'frozen' ? frozenAfterMs : raiseAfterMs, clearAfterMs };
}

function learn(health: PictureHealth, traits: PictureTraits, lastMs: number | null): PictureHealth {
  const atMs = traits.ticks90k / 90;
  const sinceMs = isKnown(health) ? Math.max(health.learnedAtMs, atMs - FOLLOW_EVERY_MS) : lastMs;
  if (isKnown(health) && atMs - health.learnedAtMs < FOLLOW_EVERY_MS) return health;
  const forMs = Math.min(MOST_PER_PICTURE_MS, Math.max(0, atMs - (sinceMs ?? atMs)));
  if (health.view !== null && forMs === 0) return health;
  return { ...health, view: withPicture(health.view, traits, forMs), learnedAtMs: atMs };
}
