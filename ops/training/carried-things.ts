import type { Box } from '#protocol/geometry.ts';
import type { Disc, Figure, FigurePart } from '#media/simulator/figure.ts';
import type { Random } from '#media/simulator/random.ts';
import { ASPECT, type View } from '#media/simulator/view.ts';
import type { Colour, WalkerPose } from '#media/simulator/walkers.ts';

const THINGS = ['umbrella', 'umbrella', 'pushchair', 'suitcase', 'trolley', 'dog'] as const;

/** What somebody has along that is no person and belongs to no true box. */
export interface Thing {
  readonly kind: (typeof THINGS)[number];
  readonly colour: Colour;
  readonly side: -1 | 1;
}

/** Right, up and ahead of the person's feet, and radius; metres. */
type Ball = readonly [right: number, up: number, ahead: number, radiusM: number];

export function randomThing(random: Random): Thing {
  const tone = random.between(20, 220);
  const channel = (): number => Math.min(250, Math.max(8, tone + random.between(-70, 70)));
  return {
    kind: random.pick(THINGS),
    colour: [channel(), channel(), channel()],
    side: random.chance(0.5) ? 1 : -1,
  };
}

/** `owner` is the person's own figure: the thing is drawn just before or just after it. */
export function figureOfThing(thing: Thing, pose: WalkerPose, owner: Figure, view: View): Figure {
  const { x, z, facingX, facingZ } = pose.motion;
  const place = ([right, up, ahead, radiusM]: Ball): Disc & { depthM: number } => {
    const p = view.project({
      x: x + facingX * ahead + facingZ * right,
      y: up,
      z: z + facingZ * ahead - facingX * right,
    });
    return { x: p.x, y: p.y, r: radiusM * p.scale, depthM: p.depthM };
  };
  const parts = hullsOf(thing, pose).map(({ balls, light }): FigurePart => {
    const discs = balls.map(place);
    const colour = thing.colour.map((value) => Math.min(255, value * light)) as unknown as Colour;
    return { discs, colour, depthM: discs.reduce((sum, disc) => sum + disc.depthM, 0) / discs.length };
  });
  parts.sort((a, b) => b.depthM - a.depthM);
  const middle = parts.reduce((sum, part) => sum + part.depthM, 0) / parts.length;
  const ownMiddle = owner.parts.reduce((sum, part) => sum + part.depthM, 0) / Math.max(1, owner.parts.length);
  return {
    ...owner,
    parts,
    box: boxAround(parts),
    depthM: owner.depthM + (middle < ownMiddle ? -0.001 : 0.001),
    heightM: 0.5,
  };
}

function hullsOf({ kind, side }: Thing, { looks }: WalkerPose): { balls: Ball[]; light: number }[] {
  const h = looks.heightM;
  if (kind === 'umbrella') {
    const [rim, low, high] = [0.52, h + 0.02, h + 0.26];
    const ring = (from: number, to: number): Ball[] =>
      Array.from({ length: to - from + 1 }, (_, i): Ball => {
        const angle = ((from + i) * Math.PI) / 4;
        return [0.15 * side + rim * Math.cos(angle), low, 0.1 + rim * Math.sin(angle), 0.015];
      });
    const tip: Ball = [0.15 * side, high, 0.1, 0.03];
    const segment = (from: number, light: number): { balls: Ball[]; light: number } => ({
      balls: [tip, ...ring(from, from + 2)],
      light,
    });
    const stick: Ball[] = [tip, [0.2 * side, 0.62 * h, 0.2, 0.012]];
    return [{ balls: stick, light: 0.4 }, segment(0, 1), segment(2, 0.85), segment(4, 0.95), segment(6, 1.1)];
  }
  if (kind === 'pushchair') {
    return [
      { balls: brick(0.22, 0.35, 0.7, 0.65, 1.15, 0.05), light: 1 },
      { balls: brick(0.2, 0.7, 0.95, 0.65, 0.85, 0.06), light: 0.75 },
      ...[0.6, 1.2].flatMap((ahead) => [-0.24, 0.24].map((right) => wheel(right, ahead))),
      {
        balls: [
          [-0.2, 0.95, 0.3, 0.02],
          [0.2, 0.95, 0.3, 0.02],
        ],
        light: 0.4,
      },
    ];
  }
  if (kind === 'trolley') {
    return [
      { balls: brick(0.27, 0.45, 0.95, 0.5, 1.3, 0.02), light: 1 },
      { balls: brick(0.24, 0.12, 0.2, 0.5, 1.25, 0.02), light: 0.6 },
    ];
  }
  if (kind === 'suitcase') {
    const at = 0.3 * side;
    const shift = (balls: Ball[]): Ball[] => balls.map(([right, up, ahead, r]) => [right + at, up, ahead, r]);
    return [
      { balls: shift(brick(0.12, 0.06, 0.62, -0.55, -0.25, 0.04)), light: 1 },
      {
        balls: [
          [at, 0.65, -0.35, 0.015],
          [at, 0.85, -0.15, 0.015],
        ],
        light: 0.5,
      },
    ];
  }
  const at = 0.5 * side;
  const legs = [0.25, 0.75].flatMap((ahead) =>
    [-0.06, 0.06].map((right) => ({
      balls: [
        [at + right, 0.03, ahead, 0.03],
        [at + right, 0.3, ahead, 0.05],
      ] as Ball[],
      light: 0.85,
    })),
  );
  return [
    ...legs,
    {
      balls: [
        [at, 0.4, 0.22, 0.12],
        [at, 0.42, 0.75, 0.13],
      ],
      light: 1,
    },
    {
      balls: [
        [at, 0.58, 0.92, 0.09],
        [at, 0.55, 1.05, 0.05],
      ],
      light: 0.95,
    },
  ];
}

/** The eight corners of a brick, rounded. */
function brick(halfWidth: number, low: number, high: number, from: number, to: number, radiusM: number): Ball[] {
  return [-halfWidth, halfWidth].flatMap((right) =>
    [low, high].flatMap((up) => [from, to].map((ahead): Ball => [right, up, ahead, radiusM])),
  );
}

function wheel(right: number, ahead: number): { balls: Ball[]; light: number } {
  return { balls: [[right, 0.1, ahead, 0.1]], light: 0.3 };
}

function boxAround(parts: readonly FigurePart[]): Box {
  const discs = parts.flatMap((part) => part.discs);
  return {
    x1: Math.min(...discs.map(({ x, r }) => x - r)) / ASPECT,
    y1: Math.min(...discs.map(({ y, r }) => y - r)),
    x2: Math.max(...discs.map(({ x, r }) => x + r)) / ASPECT,
    y2: Math.max(...discs.map(({ y, r }) => y + r)),
  };
}
