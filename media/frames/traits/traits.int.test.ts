import { expect, test, vi } from 'vitest';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { roomPicture } from '#ops/testkit/room-picture.ts';
import { openDecoder } from '../decoder.nodeav.ts';
import { PictureDecoder } from '../h264.nodeav.ts';
import { traitsOf, type PictureTraits } from './picture-traits.ts';

const FPS = 10;
const ROOM = roomPicture({ noise: 0 });
/** The room on 640 x 384 pixels for two seconds, then the same room in a tenth of the light for two. */
const CLIP = encodeClip({
  widthPx: 640,
  heightPx: 384,
  frames: 4 * FPS,
  gop: FPS,
  luma: (frame, x, y) =>
    16 + (219 / 255) * lightOf(frame) * (ROOM[Math.floor(y * 192) * 320 + Math.floor(x * 320)] ?? 0),
});

function lightOf(frame: number): number {
  return frame < 2 * FPS ? 1 : 0.1;
}

test('a decoded stream tells about once a second what its pictures look like, as their luma would', async () => {
  const told: PictureTraits[] = [];
  const decoder = openDecoder({
    camera: 'cam-1',
    shape: { widthPx: 64, heightPx: 64, fit: 'letterbox' },
    maxFps: FPS,
    onFrame: () => undefined,
    onTraits: (traits) => void told.push(traits),
    onFailed: (error) => {
      throw error;
    },
  });
  try {
    for (const [i, picture] of CLIP.entries()) {
      const ticks90k = 1_000_000 + (i * 90_000) / FPS;
      decoder.push({
        codec: 'H264',
        ...picture,
        ...{ ticks90k, rtpTimestamp: ticks90k, receivedAtMs: i, isDamaged: false },
      });
      await vi.waitFor(() => {
        expect(decoder.stats().decoded).toBe(i + 1);
      }, 20_000);
    }
    await vi.waitFor(() => {
      expect(told).toHaveLength(4);
    }, 20_000);
  } finally {
    decoder.close();
  }
  const [lit, , dark] = told;
  const expected = traitsOf(ROOM, [], 1_000_000);
  expect(lit).toMatchObject({ ticks90k: 1_000_000, change: null });
  expect(lit?.sharpness).toBeCloseTo(expected.sharpness ?? 0, 1);
  expect(Math.abs((lit?.bright ?? 0) - expected.bright)).toBeLessThan(4);
  expect(Math.abs((lit?.dark ?? 0) - expected.dark)).toBeLessThan(4);
  expect(dark).toMatchObject({ ticks90k: 1_180_000 });
  expect(dark?.bright).toBeLessThan(30);
  expect(dark?.change).toBeGreaterThan(100);
});

test.each([
  [240, 144, true],
  [236, 144, false],
  [240, 140, false],
])('a picture of %i x %i pixels has luma to read traits from: %s', (widthPx, heightPx, hasLuma) => {
  const [picture] = encodeClip({ widthPx, heightPx, frames: 1, gop: 1, luma: () => 100 });
  const decoder = new PictureDecoder();
  const startCode = Buffer.from([0, 0, 0, 1]);
  decoder.decode(Buffer.concat(picture?.nalUnits.flatMap((nalUnit) => [startCode, nalUnit]) ?? []), 0, () => undefined);
  expect(decoder.luma(320, 192) !== null).toBe(hasLuma);
  decoder.close();
});
