import { seededRandom } from './walking-world.ts';

const WIDTH_PX = 320;
const HEIGHT_PX = 192;

export interface RoomOptions {
  /** Another room for each. */
  readonly seed?: number;
  /** Where its left edge lies in the picture: what a camera sees that was turned. */
  readonly shiftPx?: number;
  /** Radius of a box over which the picture is averaged, twice. */
  readonly blurPx?: number;
  /** Grey levels: each pixel becomes `offset + gain * pixel`. */
  readonly gain?: number;
  readonly offset?: number;
  /** Share of the picture, from the left, behind something grey. */
  readonly coveredFrac?: number;
  /** A textured figure over this share of the picture's width. */
  readonly crowdFrac?: number;
  /** Greatest difference that noise makes; another `noiseSeed` gives other noise. */
  readonly noise?: number;
  readonly noiseSeed?: number;
}

const rooms = new Map<string, Float32Array>();

/** Luma of a room full of square things, 320 x 192. */
export function roomPicture({ noise = 2, noiseSeed = 1, ...options }: RoomOptions = {}): Uint8Array {
  const key = JSON.stringify(options);
  const room = rooms.get(key) ?? emptyRoom(options);
  rooms.set(key, room);
  const random = seededRandom(noiseSeed);
  return Uint8Array.from(room, (grey) => clamp(grey + noise * (2 * random() - 1)));
}

function emptyRoom(options: RoomOptions): Float32Array {
  const { seed = 1, shiftPx = 0, blurPx = 0, gain = 1, offset = 0, coveredFrac = 0, crowdFrac = 0 } = options;
  const random = seededRandom(seed);
  const picture = new Float32Array(WIDTH_PX * HEIGHT_PX).fill(120);
  const paint = (left: number, top: number, width: number, height: number, grey: number): void => {
    for (let y = Math.max(0, top); y < Math.min(HEIGHT_PX, top + height); y += 1) {
      picture.fill(
        grey,
        y * WIDTH_PX + Math.max(0, left),
        y * WIDTH_PX + Math.min(WIDTH_PX, Math.max(0, left + width)),
      );
    }
  };
  const place = (size: number): number => Math.floor(random() * size);
  for (let thing = 0; thing < 90; thing += 1) {
    // The room goes on beyond the picture's edges.
    paint(place(3 * WIDTH_PX) - WIDTH_PX - shiftPx, place(HEIGHT_PX), 8 + place(40), 8 + place(40), 40 + place(180));
  }
  for (let stripe = 0; stripe < crowdFrac * WIDTH_PX; stripe += 12) {
    paint(stripe, 20, 6, HEIGHT_PX, 60 + 10 * (stripe % 7));
    paint(stripe, 20 + 5 * (stripe % 11), 12, 8, 200);
  }
  const seen = blurPx > 0 ? blurred(blurred(picture, blurPx), blurPx) : picture;
  for (let y = 0; y < HEIGHT_PX; y += 1) {
    seen.fill(90, y * WIDTH_PX, y * WIDTH_PX + Math.round(coveredFrac * WIDTH_PX));
  }
  return seen.map((grey) => offset + gain * grey);
}

/** Mean over a square, by rows and then by columns. */
function blurred(picture: Float32Array, radiusPx: number): Float32Array<ArrayBuffer> {
  const along = (source: Float32Array, step: number, count: number, starts: number[]): Float32Array<ArrayBuffer> => {
    const result = new Float32Array(source.length);
    for (const start of starts) {
      for (let i = 0; i < count; i += 1) {
        let [sum, pixels] = [0, 0];
        for (let k = Math.max(0, i - radiusPx); k <= Math.min(count - 1, i + radiusPx); k += 1, pixels += 1) {
          sum += source[start + k * step] as number;
        }
        result[start + i * step] = sum / pixels;
      }
    }
    return result;
  };
  const rows = Array.from({ length: HEIGHT_PX }, (_, y) => y * WIDTH_PX);
  const columns = Array.from({ length: WIDTH_PX }, (_, x) => x);
  return along(along(picture, 1, WIDTH_PX, rows), WIDTH_PX, HEIGHT_PX, columns);
}

function clamp(grey: number): number {
  return Math.min(255, Math.max(0, Math.round(grey)));
}
