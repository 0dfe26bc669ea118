import { skewPercentile, SKEW_BINS, type SkewReport, type SkewSummary } from '#protocol/skew.ts';

const SPAN_MS = 60_000;
const SPANS = 10;
/** Pages report every ten seconds; who reports more often is not listened to. */
const AT_MOST_EVERY_MS = 5_000;
const MAX_CAMERAS = 1_000;

interface Tally {
  readonly mode: SkewReport['mode'];
  readonly isEstimated: boolean;
  readonly frames: number[];
  unmatched: number;
}

/** Reports of one span of time by camera, then by mode and certainty. */
interface Span {
  readonly fromMs: number;
  readonly cameras: Map<string, Map<string, Tally>>;
}

/** What pages said of their skew over the last ten minutes: counts by bin, so that pages add up. */
export class SkewLedger {
  readonly #nowMs: () => number;
  #spans: Span[] = [];
  /** When each page last reported on a camera. */
  readonly #heard = new WeakMap<object, Map<string, number>>();

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  /** `page` tells pages apart. */
  add(report: SkewReport, page: object): void {
    if (this.#isTooSoon(report.camera, page)) return;
    const { cameras } = this.#present();
    if (!cameras.has(report.camera) && cameras.size >= MAX_CAMERAS) return;
    const tallies = cameras.get(report.camera) ?? new Map<string, Tally>();
    cameras.set(report.camera, tallies);
    const key = keyOf(report);
    tallies.set(key, sumOf(tallies.get(key), report));
  }

  summary(camera: string): SkewSummary {
    this.#present();
    const sums = new Map<string, Tally>();
    for (const { cameras } of this.#spans) {
      for (const [key, tally] of cameras.get(camera) ?? []) sums.set(key, sumOf(sums.get(key), tally));
    }
    return {
      camera,
      overMs: SPANS * SPAN_MS,
      seen: [...sums.values()].map(({ mode, isEstimated, frames, unmatched }) => ({
        mode,
        isEstimated,
        frames: frames.reduce((sum, count) => sum + count, 0),
        unmatched,
        p50Ms: skewPercentile(frames, 0.5),
        p95Ms: skewPercentile(frames, 0.95),
      })),
    };
  }

  #isTooSoon(camera: string, page: object): boolean {
    const heard = this.#heard.get(page) ?? new Map<string, number>();
    this.#heard.set(page, heard);
    const before = heard.get(camera);
    const now = this.#nowMs();
    if (before !== undefined && now - before < AT_MOST_EVERY_MS) return true;
    // A page may watch one camera after the other for days.
    if (heard.size >= MAX_CAMERAS) heard.clear();
    heard.set(camera, now);
    return false;
  }

  /** The span that runs, after old ones were forgotten. */
  #present(): Span {
    const fromMs = Math.floor(this.#nowMs() / SPAN_MS) * SPAN_MS;
    this.#spans = this.#spans.filter((span) => span.fromMs > fromMs - SPANS * SPAN_MS);
    let span = this.#spans.at(-1);
    if (span?.fromMs !== fromMs) {
      span = { fromMs, cameras: new Map() };
      this.#spans.push(span);
    }
    return span;
  }
}

function keyOf({ mode, isEstimated }: Pick<SkewReport, 'mode' | 'isEstimated'>): string {
  return `${mode} ${String(isEstimated)}`;
}

function sumOf(known: Tally | undefined, { mode, isEstimated, frames, unmatched }: Omit<SkewReport, 'camera'>): Tally {
  const before = known?.frames ?? new Array<number>(SKEW_BINS).fill(0);
  return {
    mode,
    isEstimated,
    frames: before.map((count, bin) => count + (frames[bin] ?? 0)),
    unmatched: (known?.unmatched ?? 0) + unmatched,
  };
}
