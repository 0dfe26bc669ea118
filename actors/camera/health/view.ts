import { EDGE_COLUMNS, EDGE_ROWS } from '#media/frames/traits/edge-field.ts';
import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';

/** A camera's view is known after so long, and after that follows slow changes (furniture, seasons) with this time constant. */
export const LEARNED_AFTER_MS = 30_000;
const FOLLOWS_MS = 30 * 60_000;
/** Edges are compared in blocks of so many cells. */
const BLOCK_CELLS = 8;
const BLOCK_COLUMNS = EDGE_COLUMNS / BLOCK_CELLS;
const BLOCKS = BLOCK_COLUMNS * (EDGE_ROWS / BLOCK_CELLS);
/** A block with less than this share of the average block's edges (a bare wall) tells nothing about what hides it. */
const TELLING_FRAC = 0.25;
/** A block is hidden when it shows less than this share of the edges that the clearest blocks show. */
const HIDDEN_FRAC = 0.25;
/** Of all blocks that tell something, the clearest tenth says how much of the edges today's light shows. */
const CLEAREST_FRAC = 0.1;
const NOTHING = 1e-6;
/** What looks sharper than this is noise, which goes with the night: a lens is not known to be better for it. */
const SHARPEST = 1;

/** What a camera usually shows: people are averaged out, what stays put remains. */
export interface View {
  /** As in PictureTraits, averaged over time; -127..127. */
  readonly edges: Float32Array;
  /** Null: nothing in it stands out. */
  readonly sharpness: number | null;
  /** Watched for so long, not counting time in which something was wrong. */
  readonly watchedMs: number;
}

export interface Comparison {
  /** Do edges lie and run where they used to: 1 all, about 0 as in any other place. Light and contrast do not matter. */
  readonly likeness: number;
  /** How many edges there are, as a share of the usual. */
  readonly edgeFrac: number;
  /** How much of the usual edges is still seen in the clearest parts of the picture. */
  readonly visibility: number;
  /** Share of the picture, by its usual edges, that shows nothing in their place. */
  readonly hiddenFrac: number;
  /** Sharpness as a share of the usual; null where one of them is not known. */
  readonly sharpnessFrac: number | null;
}

/** The mean square of a picture's edges, 0..1: about 0.2 in ordinary places, 0 where there is nothing to see. */
export function edgesIn({ edges }: Pick<View, 'edges'> | PictureTraits): number {
  let sum = 0;
  for (const edge of edges) sum += edge * edge;
  return sum / (127 * 127 * (edges.length / 2));
}

/** `forMs`: the time this picture stands for. */
export function withPicture(view: View | null, { edges, sharpness }: PictureTraits, forMs: number): View {
  const sharp = sharpness === null ? null : Math.min(SHARPEST, sharpness);
  if (view === null) return { edges: Float32Array.from(edges), sharpness: sharp, watchedMs: forMs };
  const watchedMs = view.watchedMs + forMs;
  const weight = forMs / Math.min(watchedMs, FOLLOWS_MS);
  const next = Float32Array.from(view.edges);
  for (let i = 0; i < next.length; i += 1) {
    next[i] = (next[i] as number) + ((edges[i] as number) - (next[i] as number)) * weight;
  }
  const known = view.sharpness ?? sharp;
  return {
    edges: next,
    sharpness: known === null || sharp === null ? known : known + (sharp - known) * weight,
    watchedMs,
  };
}

export function compare(view: View, picture: PictureTraits): Comparison {
  const usual = new Float64Array(BLOCKS);
  const present = new Float64Array(BLOCKS);
  const common = new Float64Array(BLOCKS);
  for (let row = 0, at = 0; row < EDGE_ROWS; row += 1) {
    const firstBlock = Math.floor(row / BLOCK_CELLS) * BLOCK_COLUMNS;
    for (let column = 0; column < EDGE_COLUMNS; column += 1, at += 2) {
      const block = firstBlock + Math.floor(column / BLOCK_CELLS);
      const [viewX, viewY] = [view.edges[at] as number, view.edges[at + 1] as number];
      const [x, y] = [picture.edges[at] as number, picture.edges[at + 1] as number];
      usual[block] = (usual[block] as number) + viewX * viewX + viewY * viewY;
      present[block] = (present[block] as number) + x * x + y * y;
      common[block] = (common[block] as number) + viewX * x + viewY * y;
    }
  }
  const [allUsual, allPresent, allCommon] = [sum(usual), sum(present), sum(common)];
  const seen = seenBlocks(usual, present, common, (TELLING_FRAC * allUsual) / BLOCKS);
  return {
    likeness: allCommon / (Math.sqrt(allPresent * allUsual) + NOTHING),
    edgeFrac: allPresent / (allUsual + NOTHING),
    ...seen,
    sharpnessFrac:
      picture.sharpness === null || view.sharpness === null ? null : picture.sharpness / (view.sharpness + NOTHING),
  };
}

function seenBlocks(
  usual: Float64Array,
  present: Float64Array,
  common: Float64Array,
  telling: number,
): Pick<Comparison, 'visibility' | 'hiddenFrac'> {
  const blocks: { weight: number; seen: number; there: number }[] = [];
  for (let block = 0; block < BLOCKS; block += 1) {
    const weight = usual[block] as number;
    if (weight <= telling) continue;
    blocks.push({ weight, seen: (common[block] as number) / weight, there: (present[block] as number) / weight });
  }
  if (blocks.length === 0) return { visibility: 0, hiddenFrac: 0 };
  const seen = blocks.map((block) => block.seen).sort((a, b) => b - a);
  const visibility = Math.min(1, Math.max(0, seen[Math.floor(CLEAREST_FRAC * seen.length)] ?? 0));
  let [hidden, all] = [0, 0];
  for (const block of blocks) {
    all += block.weight;
    const isSeen = block.seen >= HIDDEN_FRAC * visibility;
    const isReplaced = block.there >= HIDDEN_FRAC * visibility * visibility;
    if (!isSeen && !isReplaced) hidden += block.weight;
  }
  return { visibility, hiddenFrac: hidden / all };
}

function sum(values: Float64Array): number {
  return values.reduce((total, value) => total + value, 0);
}
