import { expect, it } from 'vitest';
import type { Decor } from './decor.ts';
import type { Figure } from './figure.ts';
import { createRenderer } from './render.ts';
import { createScene } from './scene.ts';

const [WIDTH_PX, HEIGHT_PX] = [640, 360];

it.each(['entrance', 'hall'] as const)('says how much of a body can be seen, as the picture shows (%s)', (name) => {
  const scene = createScene(name, 3);
  // A backdrop of the shadows' own colour: only furniture and people differ from it.
  const decor: Decor = {
    paintRoom: ({ ctx }) => {
      ctx.fillStyle = 'rgb(24,18,14)';
      ctx.fillRect(0, 0, WIDTH_PX, HEIGHT_PX);
    },
    paintSun: () => undefined,
    paintWall: () => undefined,
    light: { fromX: 0, fromY: -1, contrast: 0, haze: [0, 0, 0], hazeShare: 0, hazeAtM: 1 },
    shadowX: 1,
    shadowZ: 1,
    shadowAlpha: 0,
    noise: 0,
  };
  const furnished = createRenderer({ ...scene, decor }, WIDTH_PX, HEIGHT_PX);
  const bare = createRenderer({ ...scene, furniture: [], occluders: [], decor }, WIDTH_PX, HEIGHT_PX);
  const pixels = (renderer: typeof bare, figures: readonly Figure[]): Buffer =>
    Buffer.from(renderer.render({ figures, sun: 0, noiseSeed: 0, captions: [] }));
  const errors: number[] = [];
  for (const tMs of [6000, 21_000, 30_000, 36_000, 48_000, 51_000, 61_000]) {
    const figures = scene.figuresAt(tMs);
    const all = pixels(furnished, figures);
    for (const { walkerId, visibility, box } of scene.truthBoxes(tMs)) {
      const own = figures.filter((figure) => figure.walkerId === walkerId);
      // Walls paint nothing here, and somebody at the border has no whole body to compare with.
      if (name === 'entrance' && (own[0]?.depthM ?? 0) > 11) continue;
      if (box.x1 === 0 || box.x2 === 1 || box.y2 === 1) continue;
      const others = pixels(
        furnished,
        figures.filter((figure) => figure.walkerId !== walkerId),
      );
      const seen = differing(all, others);
      const whole = differing(pixels(bare, own), pixels(bare, []));
      errors.push(Math.abs(seen / whole - visibility));
    }
  }
  errors.sort((a, b) => a - b);
  expect(errors.length).toBeGreaterThan(6);
  expect(errors[errors.length >> 1]).toBeLessThan(0.05);
  expect(errors.at(-1)).toBeLessThan(0.3);
});

function differing(a: Buffer, b: Buffer): number {
  let count = 0;
  for (let i = 0; i < a.length; i += 4) {
    const change = [0, 1, 2].map((k) => Math.abs((a[i + k] ?? 0) - (b[i + k] ?? 0)));
    if (Math.max(...change) > 3) count++;
  }
  return count;
}
