import * as v from 'valibot';
import { forMs, share } from '../fault-fields.ts';

const some = v.pipe(share, v.minValue(0.01));

/**
 * What can be wrong with what a camera shows while it goes on sending. The truth about who walks where stays that of the
 * camera as it was.
 * - covered: something grey hides this share of the picture, from the left
 * - blurred: out of focus by a Gaussian of this share of the picture's height
 * - moved: turned to the right by this share of the picture's width; what comes into view is made up
 * - frozen: one picture, encoded again and again
 * - dark: this share of the light is left
 * - washed-out: this share of the contrast is left, just below white
 */
export const pictureFaultSchemas = [
  v.object({ kind: v.literal('covered'), areaFrac: v.optional(some, 0.9), forMs }),
  v.object({
    kind: v.literal('blurred'),
    sigmaFrac: v.optional(v.pipe(v.number(), v.minValue(0.001), v.maxValue(0.1)), 0.015),
    forMs,
  }),
  v.object({ kind: v.literal('moved'), byFrac: v.optional(v.pipe(some, v.maxValue(0.5)), 0.15), forMs }),
  v.object({ kind: v.literal('frozen'), forMs }),
  v.object({ kind: v.literal('dark'), lightFrac: v.optional(share, 0.05), forMs }),
  v.object({ kind: v.literal('washed-out'), contrastFrac: v.optional(share, 0.1), forMs }),
] as const;
export type PictureFault = v.InferOutput<(typeof pictureFaultSchemas)[number]>;

const KINDS: ReadonlySet<string> = new Set(pictureFaultSchemas.map((schema) => schema.entries.kind.literal));

export function isPictureFault(fault: { readonly kind: string } | null): fault is PictureFault {
  return fault !== null && KINDS.has(fault.kind);
}

/** Something near the lens is out of focus: its edge comes in steps, each so opaque and so much further (a share of the width). */
const EDGE: readonly (readonly [number, number])[] = [
  [0.35, 0.12],
  [0.45, 0.09],
  [0.6, 0.06],
  [0.8, 0.03],
  [1, 0],
];

/** As FFmpeg's filters, for pictures of this size in YUV 4:2:0. */
export function filterOf(fault: PictureFault, widthPx: number, heightPx: number): string {
  switch (fault.kind) {
    case 'covered':
      return EDGE.map(([opacity, beyond]) => {
        const width = Math.min(1, fault.areaFrac + beyond * Math.min(1, 4 * (1 - fault.areaFrac)));
        return `drawbox=x=0:y=0:w=${even(width * widthPx)}:h=ih:color=0x5a5048@${String(opacity)}:t=fill`;
      }).join(',');
    case 'blurred':
      return `gblur=sigma=${(fault.sigmaFrac * heightPx).toFixed(2)}`;
    case 'moved': {
      const by = even(fault.byFrac * widthPx);
      const turned = `crop=${even(widthPx - Number(by))}:${even(heightPx)}:${by}:0`;
      return `${turned},pad=${even(widthPx)}:${even(heightPx)}:0:0,fillborders=right=${by}:mode=mirror`;
    }
    case 'frozen':
      return 'null';
    case 'dark':
      return `lutyuv=y='16+(val-16)*${String(fault.lightFrac)}'`;
    case 'washed-out':
      return `lutyuv=y='220-(235-clip(val,16,235))*${String(fault.contrastFrac)}'`;
  }
}

/** Colour has half the resolution. */
function even(px: number): string {
  return String(2 * Math.round(px / 2));
}
