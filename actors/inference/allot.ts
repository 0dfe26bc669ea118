/** What people near a line are due: enough frames that nobody crosses between two of them. */
export const GUARANTEED_FPS = 5;
/** What every other camera keeps, whatever the load. */
export const LEAST_FPS = 1;
/** Below this a count is not to be trusted as usual. */
export const SOUND_FPS = 4;

/** One camera's wish for a detector's time. */
export interface Wish {
  readonly camera: string;
  /** Frames a second that its settings want. */
  readonly fps: number;
  /** A line or a zone concerns its people now. */
  readonly isNear: boolean;
  /** Frames a second it would really bring if it might: a scene that is still brings fewer than it may. */
  readonly appetiteFps: number;
}

export interface Allotment {
  /** By camera, the most frames a second that it may bring. */
  readonly fps: ReadonlyMap<string, number>;
  /** Not even those near a line have what makes a sound count. */
  readonly isShort: boolean;
}

/**
 * Shares detectors that manage `capacityFps` among cameras. While there is enough everybody has what they want. Otherwise
 * the rates are levelled, from the top: those near a line keep five frames a second for as long as the others can be
 * lowered, down to one; then they are lowered themselves, all to the same rate.
 */
export function allot(wishes: readonly Wish[], capacityFps: number): Allotment {
  const spent = (rate: (wish: Wish) => number): number =>
    wishes.reduce((sum, wish) => sum + Math.min(wish.appetiteFps, rate(wish)), 0);
  const guaranteed = ({ fps, isNear }: Wish): number => Math.min(fps, isNear ? GUARANTEED_FPS : LEAST_FPS);
  const levelled = (level: number, least: (wish: Wish) => number) => (wish: Wish) =>
    Math.min(wish.fps, Math.max(least(wish), level));
  const least = ({ fps }: Wish): number => Math.min(fps, LEAST_FPS);

  const isEnough = spent(guaranteed) <= capacityFps;
  const rateAt = isEnough
    ? (level: number) => levelled(level, guaranteed)
    : (level: number) => (wish: Wish) => (wish.isNear ? levelled(level, least)(wish) : least(wish));
  const most = Math.max(GUARANTEED_FPS, ...wishes.map(({ fps }) => fps));
  const rate = rateAt(highest(most, (level) => spent(rateAt(level)) <= capacityFps));
  return {
    fps: new Map(wishes.map((wish) => [wish.camera, rate(wish)])),
    isShort: wishes.some((wish) => wish.isNear && rate(wish) < Math.min(SOUND_FPS, wish.fps)),
  };
}

/** The highest level that can be paid, to a hundredth; 0 where none can. */
function highest(most: number, canBePaid: (level: number) => boolean): number {
  if (canBePaid(most)) return most;
  let [paid, unpaid] = [0, most];
  while (unpaid - paid > 0.01) {
    const middle = (paid + unpaid) / 2;
    if (canBePaid(middle)) paid = middle;
    else unpaid = middle;
  }
  return paid;
}
