import type { PictureProblem } from '#protocol/picture-health.ts';
import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { compare, edgesIn, type Comparison, type View } from './view.ts';

/** What one picture says about each problem: there is it, there is it not, or it cannot be told from this picture. */
export type Evidence = Readonly<Record<PictureProblem, boolean | null>>;

export interface Observation {
  readonly traits: PictureTraits;
  /** Against what the camera usually shows; null while that is not known. */
  readonly usual: Comparison | null;
  /** 0..1, see `edgesIn`. */
  readonly edges: number;
  /** The middle one of the last few pictures' changes; null while there are too few. */
  readonly change: number | null;
}

export function observe(traits: PictureTraits, view: View | null, change: number | null): Observation {
  return { traits, usual: view === null ? null : compare(view, traits), edges: edgesIn(traits), change };
}

/**
 * Each problem has a detector of its own. Where one makes another blind (nothing in a dark picture can be out of focus) the
 * blind one says that it cannot tell. The figures lie midway between what real and synthetic pictures showed with and without
 * the problem: `bench health` measures both sides.
 */
export function evidenceOf(observation: Observation): Evidence {
  const dark = isDark(observation);
  const washedOut = dark === true ? false : isWashedOut(observation);
  const isLit = dark !== true && washedOut !== true;
  const covered = isLit ? isCovered(observation) : null;
  const isOpen = isLit && covered !== true;
  const blurred = isOpen ? isBlurred(observation) : null;
  return {
    frozen: isOpen ? isUnchanged(observation) : null,
    dark,
    'washed-out': washedOut,
    covered,
    blurred,
    moved: isOpen && blurred !== true ? isElsewhere(observation) : null,
  };
}

/** True above the upper, false below the lower, and between them whatever it was. */
function beyond(value: number, lower: number, upper: number): boolean | null {
  if (value > upper) return true;
  return value < lower ? false : null;
}

/** Even the brightest twentieth is near black. Streets and shops at night lie well above. */
function isDark({ traits }: Observation): boolean | null {
  return beyond(-traits.bright, -40, -32);
}

/** Nearly all is white; or much is, and the rest has faded; or dark has come close to bright, with the edges still there. */
function isWashedOut({ traits, usual }: Observation): boolean | null {
  const blown = beyond(traits.clippedFrac, 0.65, 0.75);
  if (blown === true) return true;
  if (usual === null) return blown;
  const isGlare = traits.clippedFrac > 0.3 && usual.visibility < 0.5;
  const isPale = usual.likeness > 0.4 && usual.visibility < 0.75;
  // Dark as a share of bright: that little light falls is not what fades a picture.
  const faded = isPale ? beyond(traits.dark / traits.bright, 0.62, 0.7) : false;
  if (isGlare || faded === true) return true;
  return blown === false && faded === false ? false : null;
}

/** Usual edges are gone from a large part, with nothing in their place; or there is nothing left to see at all. */
function isCovered({ usual, edges }: Observation): boolean | null {
  if (usual === null) return edges < 0.01 ? true : null;
  if (usual.visibility < 0.12 && usual.edgeFrac < 0.12 && usual.likeness < 0.4) return true;
  return beyond(usual.hiddenFrac, 0.3, 0.4);
}

/** Edges rise much more slowly than they used to; of a camera not known yet, than even in a soft picture. */
function isBlurred({ traits, usual }: Observation): boolean | null {
  if (traits.sharpness === null) return null;
  const ofUsual = usual?.sharpnessFrac ?? null;
  if (ofUsual === null) return beyond(-traits.sharpness, -0.58, -0.5);
  return beyond(-ofUsual, -0.82, -0.75);
}

/** There are edges enough, but not where the usual ones are. Whoever stands before the lens leaves some in their places. */
function isElsewhere({ usual }: Observation): boolean | null {
  if (usual === null || usual.edgeFrac < 0.25) return null;
  return beyond(-usual.likeness, -0.5, -0.42);
}

/** Noise makes more difference between live pictures than an encoder makes of one that it is given again and again. */
function isUnchanged({ change, edges }: Observation): boolean | null {
  if (change === null || edges < 0.01) return null;
  return change <= 2;
}
