import { expect, test } from 'vitest';
import type { CodedPicture } from '#media/h264/annexb.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { PictureDecoder } from './h264.nodeav.ts';

const CLIP = encodeClip({ widthPx: 320, heightPx: 240, frames: 40, gop: 10, luma: (frame) => 30 + 4 * frame });
/** Seeds whose damage makes FFmpeg hold back pictures for good, by one to nine. */
const DAMAGES = [46, 52, 272];

test('started again, it shows each picture at once whatever damage it saw before', () => {
  let heldBack = 0;
  for (const seed of DAMAGES) {
    const decoder = new PictureDecoder();
    let now = 0;
    const delayOf = (nalUnits: readonly Buffer[]): number | null => {
      let delay: number | null = null;
      decoder.decode(annexB(nalUnits), now, (then) => (delay = now - then));
      now += 1;
      return delay;
    };
    for (const nalUnits of damaged(seed)) delayOf(nalUnits);
    const before = CLIP.slice(0, 10).map((picture) => delayOf(picture.nalUnits));
    if (before.at(-1) !== 0) heldBack += 1;
    decoder.restart();
    expect(CLIP.slice(0, 10).map((picture) => delayOf(picture.nalUnits))).toEqual(Array.from({ length: 10 }, () => 0));
    decoder.close();
  }
  expect(heldBack).toBeGreaterThan(0);
});

/** The clip's access units, cut short and with random bytes, the same for the same seed. */
function damaged(seed: number): Buffer[][] {
  let state = seed;
  const random = (below: number): number => (state = (state * 48271) % 0x7fffffff) % below;
  return Array.from({ length: 20 + random(60) }, (_, i) =>
    (CLIP[i % CLIP.length] as CodedPicture).nalUnits.map((nalUnit) => {
      const copy = Buffer.from(nalUnit).subarray(0, 1 + random(nalUnit.length));
      for (let n = 0; n < 4; n += 1) copy[random(copy.length)] = random(256);
      return copy;
    }),
  );
}

function annexB(nalUnits: readonly Buffer[]): Buffer {
  return Buffer.concat(nalUnits.flatMap((nalUnit) => [Buffer.from([0, 0, 0, 1]), nalUnit]));
}
