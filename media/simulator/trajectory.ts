/** A point of a walk on the floor, metres; `pauseMs` stands still there before walking on. */
export interface Waypoint {
  readonly x: number;
  readonly z: number;
  readonly pauseMs?: number;
}

export interface Motion {
  readonly x: number;
  readonly z: number;
  /** Unit vector on the floor that the body faces. */
  readonly facingX: number;
  readonly facingZ: number;
  readonly speedMps: number;
  /** Metres walked since the start: drives the gait. */
  readonly walkedM: number;
}

export interface Trajectory {
  readonly durationMs: number;
  readonly speedMps: number;
  /** Smooth in `ageMs`, 0..durationMs; clamped outside. */
  at(ageMs: number): Motion;
}

interface Leg {
  readonly xs: readonly number[];
  readonly zs: readonly number[];
  /** Metres from the leg's first sample. */
  readonly reach: readonly number[];
  readonly lengthM: number;
  readonly startMs: number;
  readonly rampInMs: number;
  readonly rampOutMs: number;
  readonly endMs: number;
  readonly walkedBeforeM: number;
}

const SAMPLES_PER_SPAN = 24;
const RAMP_MS = 600;

/** A walk at a steady pace along a smooth curve through the points, slowing down into and speeding up out of pauses. */
export function createTrajectory(waypoints: readonly Waypoint[], speedMps: number): Trajectory {
  const legs: Leg[] = [];
  let from = 0;
  let clockMs = 0;
  let walkedM = 0;
  for (let i = 1; i < waypoints.length; i++) {
    const pauseMs = waypoints[i]?.pauseMs ?? 0;
    const isLast = i === waypoints.length - 1;
    if (!isLast && pauseMs === 0) continue;
    const curve = sampleCurve(waypoints.slice(from, i + 1));
    const lengthM = curve.reach.at(-1) ?? 0;
    const longest = (lengthM / speedMps) * 1000;
    const rampInMs = from === 0 ? 0 : Math.min(RAMP_MS, longest / 2);
    const rampOutMs = isLast ? 0 : Math.min(RAMP_MS, longest / 2);
    const endMs = clockMs + longest + (rampInMs + rampOutMs) / 2;
    legs.push({ ...curve, lengthM, startMs: clockMs, rampInMs, rampOutMs, endMs, walkedBeforeM: walkedM });
    clockMs = endMs + pauseMs;
    walkedM += lengthM;
    from = i;
  }
  return { durationMs: clockMs, speedMps, at: (ageMs) => motionAt(legs, speedMps, ageMs) };
}

function motionAt(legs: readonly Leg[], speedMps: number, ageMs: number): Motion {
  let index = 0;
  while (index + 1 < legs.length && ageMs >= (legs[index + 1]?.startMs ?? Infinity)) index++;
  const leg = legs[index];
  if (leg === undefined) return { x: 0, z: 0, facingX: 0, facingZ: -1, speedMps: 0, walkedM: 0 };
  const { goneM, speed } = progress(leg, speedMps, ageMs);
  const [x, z] = placeOn(leg, goneM);
  let [facingX, facingZ] = directionOn(leg, goneM);
  const next = legs[index + 1];
  if (next !== undefined && ageMs > leg.endMs) {
    [facingX, facingZ] = turn(
      [facingX, facingZ],
      directionOn(next, 0),
      ease((ageMs - leg.endMs) / (next.startMs - leg.endMs)),
    );
  }
  return { x, z, facingX, facingZ, speedMps: speed, walkedM: leg.walkedBeforeM + goneM };
}

/** Distance gone and speed on a leg: a trapezoid of speed over time. */
function progress(leg: Leg, speedMps: number, ageMs: number): { goneM: number; speed: number } {
  const t = Math.min(Math.max(ageMs, leg.startMs), leg.endMs) - leg.startMs;
  const total = leg.endMs - leg.startMs;
  if (ageMs >= leg.endMs && leg.rampOutMs > 0) return { goneM: leg.lengthM, speed: 0 };
  if (t < leg.rampInMs) {
    const share = t / leg.rampInMs;
    return { goneM: (speedMps * share * t) / 2000, speed: speedMps * share };
  }
  const left = total - t;
  if (left < leg.rampOutMs) {
    const share = left / leg.rampOutMs;
    return { goneM: leg.lengthM - (speedMps * share * left) / 2000, speed: speedMps * share };
  }
  return { goneM: (speedMps * (t - leg.rampInMs / 2)) / 1000, speed: speedMps };
}

/** Catmull-Rom through the points, as samples with their distance along the curve. */
function sampleCurve(points: readonly Waypoint[]): { xs: number[]; zs: number[]; reach: number[] } {
  const xs: number[] = [];
  const zs: number[] = [];
  const at = (i: number): Waypoint => points[Math.min(Math.max(i, 0), points.length - 1)] ?? { x: 0, z: 0 };
  for (let i = 0; i + 1 < points.length; i++) {
    const [a, b, c, d] = [at(i - 1), at(i), at(i + 1), at(i + 2)];
    for (let k = i === 0 ? 0 : 1; k <= SAMPLES_PER_SPAN; k++) {
      const u = k / SAMPLES_PER_SPAN;
      xs.push(catmullRom(a.x, b.x, c.x, d.x, u));
      zs.push(catmullRom(a.z, b.z, c.z, d.z, u));
    }
  }
  const reach = [0];
  for (let i = 1; i < xs.length; i++) {
    const step = Math.hypot((xs[i] ?? 0) - (xs[i - 1] ?? 0), (zs[i] ?? 0) - (zs[i - 1] ?? 0));
    reach.push((reach[i - 1] ?? 0) + step);
  }
  return { xs, zs, reach };
}

function catmullRom(a: number, b: number, c: number, d: number, u: number): number {
  return 0.5 * (2 * b + (c - a) * u + (2 * a - 5 * b + 4 * c - d) * u * u + (3 * b - a - 3 * c + d) * u * u * u);
}

function placeOn(leg: Leg, distanceM: number): [number, number] {
  const { reach, xs, zs } = leg;
  let low = 0;
  let high = reach.length - 1;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((reach[middle] ?? 0) <= distanceM) low = middle;
    else high = middle;
  }
  const span = (reach[high] ?? 0) - (reach[low] ?? 0);
  const u = span === 0 ? 0 : Math.min(Math.max((distanceM - (reach[low] ?? 0)) / span, 0), 1);
  return [
    (xs[low] ?? 0) + u * ((xs[high] ?? 0) - (xs[low] ?? 0)),
    (zs[low] ?? 0) + u * ((zs[high] ?? 0) - (zs[low] ?? 0)),
  ];
}

/** Over 40 cm of curve, so that a body turns calmly where samples meet. */
function directionOn(leg: Leg, distanceM: number): [number, number] {
  const [x1, z1] = placeOn(leg, Math.max(0, distanceM - 0.2));
  const [x2, z2] = placeOn(leg, Math.min(leg.lengthM, distanceM + 0.2));
  const length = Math.hypot(x2 - x1, z2 - z1) || 1;
  return [(x2 - x1) / length, (z2 - z1) / length];
}

function turn(from: readonly [number, number], to: readonly [number, number], share: number): [number, number] {
  const start = Math.atan2(from[0], from[1]);
  const swing = Math.atan2(from[1] * to[0] - from[0] * to[1], from[0] * to[0] + from[1] * to[1]);
  return [Math.sin(start + swing * share), Math.cos(start + swing * share)];
}

function ease(u: number): number {
  const c = Math.min(Math.max(u, 0), 1);
  return c * c * (3 - 2 * c);
}
