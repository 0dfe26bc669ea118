/** The grid motion is looked for on. A person a twelfth of the picture high covers three blocks. */
export const GATE_COLUMNS = 64;
export const GATE_ROWS = 36;

/** A block moved when it is this far from its background, in grey levels, and this many times its own usual unrest. */
const LEAST_CHANGE = 5;
const UNRESTS = 4;
/** Compression makes single blocks jump; a person never covers one alone. */
const LEAST_CLUSTER = 2;
/** After motion the gate stays open for this long: people pause between steps. */
const STAYS_OPEN_MS = 1_000;
/** A gap this long, or a step back: what was known of the place is no use. */
const FORGETS_AFTER_MS = 60_000;
/** Time constants: of the background where nothing moved and where something did, and of a block's unrest. */
const BACKGROUND_MS = 2_000;
const MOVED_BACKGROUND_MS = 10_000;
const UNREST_MS = 15_000;
/** More of the picture than this changed at once: the light did, or the camera. The new picture is learned quickly. */
const LIGHT_SHARE = 0.6;
/** A change that one block contributes to its unrest at most: a passer-by must not make it deaf. */
const MOST_UNREST = 40;

/**
 * Tells pictures in which something moved from those in which nothing did, on the mean brightness of blocks against a
 * background of each block's own: a drift of light is followed, and a block that is always restless (a clock in the
 * picture, a screen, leaves) needs a larger change. No mean over the whole picture is taken anywhere, so a small figure
 * weighs as much in a large room. Pure but for its state; times are the pictures' own.
 */
export class MotionGate {
  private readonly background = new Float32Array(GATE_COLUMNS * GATE_ROWS);
  private readonly unrest = new Float32Array(GATE_COLUMNS * GATE_ROWS);
  private readonly moved = new Uint8Array(GATE_COLUMNS * GATE_ROWS);
  private lastMs: number | null = null;
  private movedAtMs = -Infinity;

  /**
   * Did something move? Also true of the first picture, and for a second after motion. `isEmpty`: the detector sees nobody,
   * so what moves now is the place's own unrest and is learned.
   */
  look(means: Float32Array, timeMs: number, isEmpty: boolean): boolean {
    if (this.lastMs === null || Math.abs(timeMs - this.lastMs) > FORGETS_AFTER_MS) {
      this.begin(means, timeMs);
      return true;
    }
    // A picture from before is compared, but nothing is learned from it.
    const forMs = Math.max(0, timeMs - this.lastMs);
    this.lastMs = Math.max(timeMs, this.lastMs);
    const movedBlocks = this.compare(means);
    if (this.hasCluster()) this.movedAtMs = Math.max(timeMs, this.movedAtMs);
    this.learn(means, forMs, isEmpty, movedBlocks / means.length > LIGHT_SHARE);
    return this.stillForMs(timeMs) <= STAYS_OPEN_MS;
  }

  stillForMs(timeMs: number): number {
    return timeMs - this.movedAtMs;
  }

  private begin(means: Float32Array, timeMs: number): void {
    this.background.set(means);
    this.unrest.fill(0);
    this.lastMs = timeMs;
    this.movedAtMs = timeMs;
  }

  private compare(means: Float32Array): number {
    let count = 0;
    for (let i = 0; i < means.length; i += 1) {
      const change = Math.abs((means[i] as number) - (this.background[i] as number));
      const isMoved = change > LEAST_CHANGE && change > UNRESTS * (this.unrest[i] as number) ? 1 : 0;
      this.moved[i] = isMoved;
      count += isMoved;
    }
    return count;
  }

  /** Moved blocks side by side or one above the other. */
  private hasCluster(): boolean {
    const { moved } = this;
    for (let i = 0; i < moved.length; i += 1) {
      if (moved[i] === 0) continue;
      const isLastColumn = i % GATE_COLUMNS === GATE_COLUMNS - 1;
      const neighbours = (isLastColumn ? 0 : (moved[i + 1] as number)) + (moved[i + GATE_COLUMNS] ?? 0);
      if (1 + neighbours >= LEAST_CLUSTER) return true;
    }
    return false;
  }

  private learn(means: Float32Array, forMs: number, isEmpty: boolean, isLight: boolean): void {
    const calm = shareOf(forMs, BACKGROUND_MS);
    const moving = isLight ? calm : shareOf(forMs, MOVED_BACKGROUND_MS);
    const unrest = isEmpty && !isLight ? shareOf(forMs, UNREST_MS) : 0;
    for (let i = 0; i < means.length; i += 1) {
      const change = (means[i] as number) - (this.background[i] as number);
      const size = Math.min(Math.abs(change), MOST_UNREST);
      this.background[i] = (this.background[i] as number) + change * (this.moved[i] === 1 ? moving : calm);
      this.unrest[i] = (this.unrest[i] as number) + (size - (this.unrest[i] as number)) * unrest;
    }
  }
}

/** Share of a first-order step made in some time. */
function shareOf(forMs: number, constantMs: number): number {
  return 1 - Math.exp(-forMs / constantMs);
}
