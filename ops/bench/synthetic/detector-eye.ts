import { iou, type Box } from '#protocol/geometry.ts';
import type { Detection } from '#actors/inference/detector.port.ts';
import { gaussian, hiddenPart } from '#ops/testkit/walking-world.ts';
import { placeOf, type Person } from './people.ts';
import { boxIn, distanceTo, type View } from './view.ts';

/** What a detector gets wrong. Rates are per second, so that they mean the same at every frame rate. */
export interface Flaws {
  /** Standard deviation of each edge of a box, in units of the box; part of it persists from frame to frame. */
  readonly jitter: number;
  /** How often somebody in plain view is lost for a moment, and for how long at most. */
  readonly lossesPerSecond: number;
  readonly lossMs: number;
  /** How often a box appears where nobody is, for up to half a second. */
  readonly ghostsPerSecond: number;
  /** How often somebody gets a second box around their upper half, for up to half a second. */
  readonly doublesPerSecond: number;
  /** A chance in every frame, for every person. */
  readonly blinks: number;
}

export const ORDINARY: Flaws = {
  jitter: 0.03,
  lossesPerSecond: 0.1,
  lossMs: 300,
  ghostsPerSecond: 0.03,
  doublesPerSecond: 0.1,
  blinks: 0.02,
};

/** From here on somebody behind others is not detected. */
const HIDDEN_FROM = 0.55;
/** What is cut off by the picture's edge beyond this is not detected. */
const CUT_OFF_FROM = 0.75;
const NMS_IOU = 0.6;
/** How fast the persisting part of a box's error changes. */
const ERROR_MEMORY_MS = 400;

interface Memory {
  atMs: number;
  lostUntilMs: number;
  doubledUntilMs: number;
  drift: [number, number, number, number];
  readonly confidence: number;
}

interface Ghost {
  readonly untilMs: number;
  readonly box: Box;
  readonly score: number;
}

/** Looks at a scene frame by frame, in order of time, and gives what a detector would. */
export class DetectorEye {
  readonly #view: View;
  readonly #people: readonly Person[];
  /** Things nobody sees through, in the picture, nearer than everybody. */
  readonly #pillars: readonly Box[];
  readonly #flaws: Flaws;
  readonly #random: () => number;
  readonly #memories = new Map<Person, Memory>();
  #ghosts: Ghost[] = [];
  #lastMs: number | null = null;

  constructor(
    scene: { readonly view: View; readonly people: readonly Person[]; readonly pillars?: readonly Box[] },
    flaws: Flaws,
    random: () => number,
  ) {
    this.#view = scene.view;
    this.#people = scene.people;
    this.#pillars = scene.pillars ?? [];
    this.#flaws = flaws;
    this.#random = random;
  }

  look(timeMs: number): Detection[] {
    const seconds = (timeMs - (this.#lastMs ?? timeMs)) / 1000;
    this.#lastMs = timeMs;
    const present = this.#people
      .flatMap((person) => {
        const at = placeOf(person, timeMs);
        if (at === null) return [];
        return [{ person, box: boxIn(this.#view, at, person.body), distance: distanceTo(this.#view, at, person.body) }];
      })
      .sort((a, b) => a.distance - b.distance);
    const boxes = present.map(({ box }) => box);
    const found = present.flatMap(({ person, box }, index) => {
      return this.#detect(person, box, [...this.#pillars, ...boxes.slice(0, index)], timeMs, seconds);
    });
    return suppressed([...found, ...this.#seeGhosts(timeMs, seconds)]);
  }

  #detect(person: Person, box: Box, before: readonly Box[], timeMs: number, seconds: number): Detection[] {
    const memory = this.#recall(person, timeMs);
    const { jitter, lossesPerSecond, lossMs, doublesPerSecond, blinks } = this.#flaws;
    if (this.#random() < lossesPerSecond * seconds) memory.lostUntilMs = timeMs + lossMs * this.#random();
    if (this.#random() < doublesPerSecond * seconds) memory.doubledUntilMs = timeMs + 500 * this.#random();
    const hidden = hiddenPart(box, before);
    const cut = clipped(box);
    const isBlink = this.#random() < blinks;
    if (cut === null || hidden > HIDDEN_FROM || timeMs < memory.lostUntilMs || isBlink) return [];
    const seen = clipped(this.#shaken(cut, memory, jitter));
    if (seen === null) return [];
    const score = bounded(memory.confidence - 0.6 * hidden + 0.06 * gaussian(this.#random));
    const half: Box = { ...seen, y2: (seen.y1 + seen.y2) / 2 };
    const double = timeMs < memory.doubledUntilMs ? [{ box: half, score: bounded(score - 0.3) }] : [];
    return [{ box: seen, score }, ...double];
  }

  /** Half of each edge's error is new in every frame, half of it wanders. */
  #shaken(box: Box, memory: Memory, jitter: number): Box {
    const [width, height] = [box.x2 - box.x1, box.y2 - box.y1];
    const edge = (value: number, index: 0 | 1 | 2 | 3, size: number): number =>
      value + jitter * Math.SQRT1_2 * size * (memory.drift[index] + gaussian(this.#random));
    return {
      x1: edge(box.x1, 0, width),
      y1: edge(box.y1, 1, height),
      x2: edge(box.x2, 2, width),
      y2: edge(box.y2, 3, height),
    };
  }

  #recall(person: Person, timeMs: number): Memory {
    const noise = (): number => gaussian(this.#random);
    let memory = this.#memories.get(person);
    if (memory === undefined) {
      // What is pushed along looks little like a person.
      const confidence = (person.isPushed === true ? 0.45 : 0.72) + 0.08 * noise();
      memory = {
        atMs: timeMs,
        lostUntilMs: -Infinity,
        doubledUntilMs: -Infinity,
        drift: [noise(), noise(), noise(), noise()],
        confidence,
      };
      this.#memories.set(person, memory);
      return memory;
    }
    const kept = Math.exp(-(timeMs - memory.atMs) / ERROR_MEMORY_MS);
    const fresh = Math.sqrt(1 - kept ** 2);
    memory.drift = memory.drift.map((error) => kept * error + fresh * noise()) as Memory['drift'];
    memory.atMs = timeMs;
    return memory;
  }

  #seeGhosts(timeMs: number, seconds: number): Detection[] {
    const random = this.#random;
    this.#ghosts = this.#ghosts.filter(({ untilMs }) => timeMs < untilMs);
    if (random() < this.#flaws.ghostsPerSecond * seconds) {
      const height = 0.1 + 0.3 * random();
      const [x, y] = [random(), 0.3 + 0.7 * random()];
      const box = { x1: x - 0.12 * height, y1: y - height, x2: x + 0.12 * height, y2: y };
      this.#ghosts.push({ untilMs: timeMs + 500 * random(), box, score: 0.3 + 0.35 * random() });
    }
    return this.#ghosts.map(({ box, score }) => ({ box, score: bounded(score + 0.05 * gaussian(random)) }));
  }
}

/** What of a box lies in the picture; null when that is too little to be recognised. */
function clipped(box: Box): Box | null {
  const inside = (value: number): number => Math.min(1, Math.max(0, value));
  const seen = { x1: inside(box.x1), y1: inside(box.y1), x2: inside(box.x2), y2: inside(box.y2) };
  const part = areaOf(seen) / areaOf(box);
  return part > 1 - CUT_OFF_FROM ? seen : null;
}

function areaOf({ x1, y1, x2, y2 }: Box): number {
  return Math.max(0, x2 - x1) * Math.max(0, y2 - y1);
}

function bounded(score: number): number {
  return Math.min(0.98, Math.max(0.05, score));
}

/** As behind every detector: of boxes on top of each other the best stays. */
function suppressed(detections: readonly Detection[]): Detection[] {
  const kept: Detection[] = [];
  for (const detection of detections.toSorted((a, b) => b.score - a.score)) {
    if (kept.every(({ box }) => iou(box, detection.box) <= NMS_IOU)) kept.push(detection);
  }
  return kept.filter(({ score }) => score >= 0.1);
}
