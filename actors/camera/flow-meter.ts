import type { FlowLink } from '#protocol/flow.ts';

/** What one link has carried so far. Totals only grow; a link that is opened anew may begin at nothing. */
export interface FlowTotal extends Omit<FlowLink, 'perSecond' | 'bitsPerSecond'> {
  readonly total: number;
  /** null where bytes are not counted. */
  readonly bytes: number | null;
}

/** Rates are taken over this many samples. */
const SAMPLES_KEPT = 6;

interface Sample {
  readonly atMs: number;
  readonly totals: readonly FlowTotal[];
}

/** Turns running totals, sampled now and then, into rates. */
export class FlowMeter {
  #samples: Sample[] = [];

  sample(totals: readonly FlowTotal[], atMs: number): void {
    this.#samples.push({ totals, atMs });
    if (this.#samples.length > SAMPLES_KEPT) this.#samples.shift();
  }

  read(): { readonly overMs: number; readonly links: FlowLink[] } {
    const newest = this.#samples.at(-1);
    const oldest = this.#samples[0];
    if (newest === undefined || oldest === undefined) return { overMs: 0, links: [] };
    const overMs = newest.atMs - oldest.atMs;
    const before = new Map(oldest.totals.map((total) => [`${total.from} ${total.to}`, total]));
    const links = newest.totals.map(({ total, bytes, ...link }) => {
      const then = before.get(`${link.from} ${link.to}`);
      return {
        ...link,
        perSecond: rate(then?.total ?? 0, total, overMs),
        bitsPerSecond: bytes === null ? null : 8 * rate(then?.bytes ?? 0, bytes, overMs),
      };
    });
    return { overMs, links };
  }
}

/** One decimal. A total that went back was begun anew since. */
function rate(then: number, now: number, overMs: number): number {
  if (overMs <= 0) return 0;
  const grown = now >= then ? now - then : now;
  return Math.round((grown * 10_000) / overMs) / 10;
}
