import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Decor } from './decor.ts';
import { figureOf } from './figure.ts';
import { createRandom } from './random.ts';
import { createRenderer, createSceneRenderer } from './render.ts';
import { createScene } from './scene.ts';
import { createView } from './view.ts';
import { randomLooks } from './walkers.ts';

const [WIDTH_PX, HEIGHT_PX] = [640, 360];

const FLAT: Decor = {
  paintRoom: ({ ctx }) => {
    ctx.fillStyle = 'rgb(0,255,255)';
    ctx.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
  },
  paintSun: () => undefined,
  paintWall: () => undefined,
  light: { fromX: 0, fromY: -1, contrast: 0.5, haze: [0, 0, 0], hazeShare: 0, hazeAtM: 10 },
  shadowX: 0.5,
  shadowZ: 0.5,
  shadowAlpha: 0,
  noise: 0,
};

/** Around every pixel that differs by more than a shadow would, pixels. */
function differingBox(a: Buffer, b: Buffer): { x1: number; y1: number; x2: number; y2: number } {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < a.length; i += 4) {
    const red = Math.abs((a[i] ?? 0) - (b[i] ?? 0));
    const blue = Math.abs((a[i + 2] ?? 0) - (b[i + 2] ?? 0));
    if (red < 12 && blue < 150) continue;
    const [x, y] = [(i / 4) % WIDTH_PX, Math.floor(i / 4 / WIDTH_PX)];
    x1 = Math.min(x1, x);
    y1 = Math.min(y1, y);
    x2 = Math.max(x2, x + 1);
    y2 = Math.max(y2, y + 1);
  }
  return { x1, y1, x2, y2 };
}

describe('a rendered walker', () => {
  const view = createView({ heightM: 3.2, pitchDeg: 20, yawDeg: 0, fovDeg: 48 });
  const renderer = createRenderer({ view, furniture: [], occluders: [], decor: FLAT }, WIDTH_PX, HEIGHT_PX);
  const moment = { sun: 0, noiseSeed: 0, captions: [] };
  const empty = Buffer.from(renderer.render({ ...moment, figures: [] }));

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('fills its true box to within 3 px (look %i)', (i) => {
    const random = createRandom(`looks ${i}`);
    const looks = randomLooks(random, i === 3 ? 1.2 : undefined);
    const angle = (i * Math.PI) / 4;
    const figure = figureOf(
      {
        walkerId: 'w',
        looks,
        motion: { x: i - 3.5, z: 7, facingX: Math.sin(angle), facingZ: Math.cos(angle), speedMps: 1, walkedM: 0 },
        stride: i / 8,
        liveliness: 1,
      },
      view,
    );
    const drawn = differingBox(Buffer.from(renderer.render({ ...moment, figures: [figure] })), empty);
    const { x1, y1, x2, y2 } = figure.box;
    expect(Math.abs(drawn.x1 - x1 * WIDTH_PX)).toBeLessThan(3);
    expect(Math.abs(drawn.x2 - x2 * WIDTH_PX)).toBeLessThan(3);
    expect(Math.abs(drawn.y1 - y1 * HEIGHT_PX)).toBeLessThan(3);
    expect(Math.abs(drawn.y2 - y2 * HEIGHT_PX)).toBeLessThan(3);
  });
});

it('renders the same bytes a loop later and other bytes a moment later', () => {
  const scene = createScene('entrance', 5);
  const render = createSceneRenderer(scene, 320, 180);
  const hashAt = (tMs: number): string => createHash('sha256').update(render(tMs)).digest('hex');
  const now = hashAt(20_000);
  expect(hashAt(20_000 + scene.durationMs)).toBe(now);
  expect(hashAt(20_100)).not.toBe(now);
});
