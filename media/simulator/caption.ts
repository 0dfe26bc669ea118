import type { SKRSContext2D } from '@napi-rs/canvas';

/** A camera's burned-in text in a 5 x 7 dot font: the same picture whether or not the machine has fonts. */
const GLYPHS: Readonly<Record<string, string>> = {
  '0': '3e5149453e',
  '1': '00427f4000',
  '2': '4261514946',
  '3': '2141454b31',
  '4': '1814127f10',
  '5': '2745454539',
  '6': '3c4a494930',
  '7': '0171090503',
  '8': '3649494936',
  '9': '064949291e',
  ':': '0036360000',
  A: '7e1111117e',
  B: '7f49494936',
  C: '3e41414122',
  D: '7f4141221c',
  E: '7f49494941',
  F: '7f09090901',
  G: '3e4149497a',
  H: '7f0808087f',
  I: '00417f4100',
  J: '2040413f01',
  K: '7f08142241',
  L: '7f40404040',
  M: '7f020c027f',
  N: '7f0408107f',
  O: '3e4141413e',
  P: '7f09090906',
  Q: '3e4151215e',
  R: '7f09192946',
  S: '4649494931',
  T: '01017f0101',
  U: '3f4040403f',
  V: '1f2040201f',
  W: '3f4038403f',
  X: '6314081463',
  Y: '0708700807',
  Z: '6151494543',
};

/** Writes capitals, digits and colons with the top left corner at (x, y); unknown characters leave a gap. */
export function paintCaption(ctx: SKRSContext2D, text: string, x: number, y: number, dotPx: number): void {
  for (const [offset, fill] of [
    [dotPx * 0.6, 'rgba(0,0,0,0.45)'],
    [0, 'rgba(250,250,246,0.82)'],
  ] as const) {
    ctx.fillStyle = fill;
    ctx.beginPath();
    [...text.toUpperCase()].forEach((character, i) => {
      const glyph = GLYPHS[character];
      if (glyph === undefined) return;
      for (let column = 0; column < 5; column++) {
        const bits = parseInt(glyph.slice(column * 2, column * 2 + 2), 16);
        for (let row = 0; row < 7; row++) {
          if (((bits >> row) & 1) === 0) continue;
          ctx.rect(x + (i * 6 + column) * dotPx + offset, y + row * dotPx + offset, dotPx, dotPx);
        }
      }
    });
    ctx.fill();
  }
}

/** `00:41` for 41 s of a loop. */
export function clockText(tMs: number): string {
  const seconds = Math.floor(tMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 60))}:${two(seconds % 60)}`;
}
