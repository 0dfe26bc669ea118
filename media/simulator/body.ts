import type { Place } from './view.ts';
import type { Colour, Looks, WalkerPose } from './walkers.ts';

/** Metres; a body is made of hulls around these. */
export interface Ball {
  readonly at: Place;
  readonly radiusM: number;
}

/** Share of the gait cycle during which a foot stands on the floor. */
const STANCE = 0.6;

/** Adds the hull of the balls; `bias` metres are subtracted from its depth where it must cover a neighbour. */
export type AddPart = (colour: Colour, balls: readonly Ball[], bias?: number) => void;

/** Proportions after Drillis and Contini (1966), rounded; gait: planted feet, two-bone legs, arms against the legs. */
export function addBody(pose: WalkerPose, add: AddPart): void {
  const { looks, motion, stride, liveliness } = pose;
  const h = looks.heightM;
  const wide = looks.build * (h < 1.45 ? 0.92 : 1);
  const { x, z, facingX, facingZ } = motion;
  const ball: MakeBall = (right, up, ahead, radiusM) => ({
    at: { x: x + facingX * ahead + facingZ * right, y: up, z: z + facingZ * ahead - facingX * right },
    radiusM,
  });

  const bob = 0.012 * h * liveliness * Math.cos(4 * Math.PI * (stride - 0.3));
  const hipUp = 0.53 * h - 0.022 * h * liveliness + bob;
  const shoulderUp = hipUp + 0.285 * h;
  const lean = 0.015 * h * liveliness;
  const sleeve = looks.longSleeves ? looks.top : looks.skin;
  const shin = looks.legwear === 'shorts' || looks.legwear === 'skirt' ? looks.skin : looks.legs;
  const limb = 0.047 * h * wide;

  for (const side of [-1, 1] as const) {
    const step = side === 1 ? stride : (stride + 0.5) % 1;
    const foot = footAt(step, liveliness, h);
    const ankleUp = 0.05 * h + foot.lift;
    const hipRight = side * 0.052 * h * wide;
    const knee = kneeBetween(hipUp, ankleUp, foot.ahead, 0.238 * h);
    const hip = ball(hipRight, hipUp, 0, limb * 1.28);
    const kneeBall = ball(hipRight, knee.up, knee.ahead, limb * 0.92);
    const ankle = ball(hipRight, ankleUp, foot.ahead, limb * 0.62);
    const sole = 0.02 * h;
    add(looks.legs, [hip, kneeBall]);
    add(shin, [{ ...kneeBall, radiusM: limb * 0.84 }, ankle]);
    add(
      looks.shoes,
      [
        ball(hipRight, sole + foot.lift, foot.ahead - 0.02 * h, sole),
        ball(hipRight, sole * 0.9 + foot.lift + foot.tipUp, foot.ahead + 0.1 * h, sole * 0.85),
      ],
      0.02,
    );

    const swing = -foot.ahead * 0.85 * looks.armSwing;
    const carries = looks.bagSide === side && (looks.bag === 'shopping' || looks.bag === 'handbag');
    const reach = carries ? swing * 0.3 : swing;
    const shoulderRight = side * 0.108 * h * wide;
    const elbowUp = shoulderUp - 0.165 * h;
    const handUp = elbowUp - 0.135 * h + Math.abs(reach) * 0.28;
    const shoulder = ball(shoulderRight, shoulderUp - 0.015 * h, lean, limb * 0.82);
    const elbow = ball(shoulderRight * 1.16, elbowUp, lean + reach * 0.45 - 0.015 * h, limb * 0.66);
    const hand = ball(shoulderRight * 1.14, handUp, lean + reach + 0.035 * h, limb * 0.52);
    add(darker(looks.top, 0.92), [shoulder, elbow], 0.01);
    add(darker(sleeve, 0.92), [elbow, hand], 0.01);
    add(looks.skin, [{ ...hand, radiusM: limb * 0.6 }], 0.015);
    if (carries) addCarried(looks, add, ball, shoulderRight * 1.2, handUp, lean + reach + 0.02 * h, shoulderUp);
  }
  addTrunk(looks, add, ball, hipUp, shoulderUp, lean, wide, stride, liveliness);
  addHead(looks, add, ball, shoulderUp, lean);
}

type MakeBall = (right: number, up: number, ahead: number, radiusM: number) => Ball;

function addTrunk(
  looks: Looks,
  add: AddPart,
  ball: MakeBall,
  hipUp: number,
  shoulderUp: number,
  lean: number,
  wide: number,
  stride: number,
  liveliness: number,
): void {
  const h = looks.heightM;
  const chest = 0.07 * h * wide;
  add(looks.legs, [ball(-0.045 * h * wide, hipUp, 0, chest * 0.98), ball(0.045 * h * wide, hipUp, 0, chest * 0.98)]);
  add(
    looks.top,
    [
      ball(-0.078 * h * wide, shoulderUp - 0.045 * h, lean, chest * 0.84),
      ball(0.078 * h * wide, shoulderUp - 0.045 * h, lean, chest * 0.84),
      ball(-0.046 * h * wide, hipUp + 0.05 * h, 0, chest * 0.98),
      ball(0.046 * h * wide, hipUp + 0.05 * h, 0, chest * 0.98),
    ],
    0.07,
  );
  if (looks.legwear === 'coat' || looks.legwear === 'skirt') {
    const long = looks.legwear === 'coat' ? 0.24 : 0.2;
    const sway = 0.02 * h * liveliness * Math.sin(2 * Math.PI * stride);
    add(
      looks.legwear === 'coat' ? darker(looks.top, 0.95) : looks.legs,
      [
        ball(-0.04 * h * wide, hipUp + 0.02 * h, 0, chest * 1.02),
        ball(0.04 * h * wide, hipUp + 0.02 * h, 0, chest * 1.02),
        ball(-0.05 * h * wide, hipUp - long * h, sway, chest * 0.98),
        ball(0.05 * h * wide, hipUp - long * h, -sway, chest * 0.98),
      ],
      0.02,
    );
  }
  if (looks.bag === 'backpack') {
    add(looks.bagColour, [
      ball(-0.045 * h, shoulderUp - 0.07 * h, lean - 0.115 * h, 0.055 * h),
      ball(0.045 * h, shoulderUp - 0.07 * h, lean - 0.115 * h, 0.055 * h),
      ball(-0.05 * h, shoulderUp - 0.2 * h, lean - 0.105 * h, 0.055 * h),
      ball(0.05 * h, shoulderUp - 0.2 * h, lean - 0.105 * h, 0.055 * h),
    ]);
  }
}

function addHead(looks: Looks, add: AddPart, ball: MakeBall, shoulderUp: number, lean: number): void {
  const h = looks.heightM;
  // Children have nearly the heads of adults.
  const r = 0.058 + 0.022 * h;
  const top = shoulderUp + 0.185 * h;
  const ahead = lean * 1.4;
  add(darker(looks.skin, 0.88), [
    ball(0, shoulderUp - 0.005 * h, lean, 0.042 * h),
    ball(0, top - 2 * r, ahead, 0.036 * h),
  ]);
  add(
    looks.skin,
    [ball(0, top - r * 1.05, ahead + 0.008, r * 0.96), ball(0, top - r * 1.55, ahead + 0.03, r * 0.72)],
    0.03,
  );
  if (looks.hair === 'bald') return;
  const crown = ball(0, top - r * 0.92, ahead - 0.018, r);
  if (looks.hair === 'cap') {
    add(
      looks.bagColour,
      [ball(0, top - r * 0.82, ahead - 0.005, r), ball(0, top - r * 0.72, ahead + 0.1, r * 0.42)],
      0.06,
    );
    return;
  }
  add(looks.hairColour, [crown, ball(0, top - r * 1.3, ahead - 0.04, r * 0.82)], 0.028);
  // The fringe: seen from above and in front it closes the hair over the forehead.
  add(looks.hairColour, [ball(0, top - r * 0.66, ahead + 0.018, r * 0.72)], 0.09);
  if (looks.hair === 'long') {
    add(
      looks.hairColour,
      [crown, ball(-0.03, top - r * 2.7, ahead - 0.05, r * 0.72), ball(0.03, top - r * 2.7, ahead - 0.05, r * 0.72)],
      0.01,
    );
  } else if (looks.hair === 'bun') {
    add(looks.hairColour, [ball(0, top - r * 0.55, ahead - 0.1, r * 0.45)]);
  }
}

function addCarried(
  looks: Looks,
  add: AddPart,
  ball: MakeBall,
  right: number,
  handUp: number,
  ahead: number,
  shoulderUp: number,
): void {
  const h = looks.heightM;
  const out = right + looks.bagSide * 0.025 * h;
  if (looks.bag === 'shopping') {
    const bottom = Math.max(0.12 * h, handUp - 0.2 * h);
    add(
      looks.bagColour,
      [
        ball(out, handUp - 0.05 * h, ahead - 0.07 * h, 0.014 * h),
        ball(out, handUp - 0.05 * h, ahead + 0.07 * h, 0.014 * h),
        ball(out, bottom, ahead - 0.08 * h, 0.018 * h),
        ball(out, bottom, ahead + 0.08 * h, 0.018 * h),
      ],
      0.03,
    );
    return;
  }
  add(
    darker(looks.bagColour, 0.7),
    [ball(out * 0.9, shoulderUp - 0.01 * h, 0, 0.012 * h), ball(out, shoulderUp - 0.27 * h, 0, 0.012 * h)],
    0.05,
  );
  add(
    looks.bagColour,
    [
      ball(out, shoulderUp - 0.28 * h, -0.06 * h, 0.03 * h),
      ball(out, shoulderUp - 0.28 * h, 0.06 * h, 0.03 * h),
      ball(out, shoulderUp - 0.36 * h, -0.07 * h, 0.032 * h),
      ball(out, shoulderUp - 0.36 * h, 0.07 * h, 0.032 * h),
    ],
    0.05,
  );
}

/** Where a foot is in the gait cycle: standing still on the floor while the body passes, then swinging forward. */
function footAt(step: number, liveliness: number, heightM: number): { ahead: number; lift: number; tipUp: number } {
  const reach = 0.66 * heightM * STANCE * 0.5 * liveliness;
  if (step < STANCE) {
    const u = step / STANCE;
    const heelOff = Math.max(0, (u - 0.7) / 0.3);
    return {
      ahead: reach * (1 - 2 * u),
      lift: 0.03 * heightM * heelOff * liveliness,
      tipUp: -0.02 * heightM * heelOff * liveliness,
    };
  }
  const u = (step - STANCE) / (1 - STANCE);
  const forward = u * u * (3 - 2 * u);
  const lift = 0.03 * (1 - u) ** 2 + 0.055 * Math.sin(Math.PI * u);
  return {
    ahead: reach * (2 * forward - 1),
    lift: lift * heightM * liveliness,
    tipUp: (u > 0.6 ? 0.035 : -0.02) * heightM * liveliness * Math.sin(Math.PI * u),
  };
}

/** The knee of a leg of two equal bones, bending forward; stretched straight when the ankle is out of reach. */
function kneeBetween(hipUp: number, ankleUp: number, ankleAhead: number, boneM: number): { up: number; ahead: number } {
  const down = hipUp - ankleUp;
  const reach = Math.hypot(down, ankleAhead);
  const out = Math.sqrt(Math.max(0, boneM ** 2 - (reach / 2) ** 2));
  return {
    up: hipUp - down / 2 + (out * ankleAhead) / reach,
    ahead: ankleAhead / 2 + (out * down) / reach,
  };
}

function darker(colour: Colour, by: number): Colour {
  return [colour[0] * by, colour[1] * by, colour[2] * by];
}
