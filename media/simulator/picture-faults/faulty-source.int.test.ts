import { beforeAll, expect, test } from 'vitest';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { traitsOf, type PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { roomPicture } from '#ops/testkit/room-picture.ts';
import { pictureSource, type Source } from '../source.ts';
import { faultySource } from './faulty-source.node-av.ts';
import type { PictureFault } from './picture-fault.ts';

const GOP = 5;
/** A room with somebody walking through it, picture by picture. */
let room: Source;

beforeAll(() => {
  const luma = roomPicture({ noise: 0 });
  const pictures = encodeClip({
    widthPx: 640,
    heightPx: 384,
    frames: 4 * GOP,
    gop: GOP,
    luma: (frame, x, y) =>
      Math.abs(x - frame / 40 - 0.3) < 0.03 && y > 0.4
        ? 20
        : 16 + 0.85 * (luma[Math.floor(y * 192) * 320 + Math.floor(x * 320)] ?? 0),
  });
  room = pictureSource(pictures, { fps: 10, phaseMs: 0 });
});

/** Traits of pictures of a source; `change` is since the picture at the same place of the group before. */
async function watch(source: Source, count = 3 * GOP): Promise<PictureTraits[]> {
  const decoder = new PictureDecoder();
  const traits: PictureTraits[] = [];
  const lumas: Uint8Array[] = [];
  try {
    for (let i = 0; i < count; i += 1) {
      const { nalUnits, isKeyFrame } = await source.unit(i);
      expect(isKeyFrame).toBe(i % GOP === 0);
      const bytes = Buffer.concat(nalUnits.flatMap((nalUnit) => [Buffer.from([0, 0, 0, 1]), nalUnit]));
      decoder.decode(bytes, i, () => {
        const luma = decoder.luma(320, 192);
        if (luma === null) return;
        traits.push(traitsOf(luma, i < GOP ? [] : lumas.slice(i - GOP, i - GOP + 1), i));
        lumas.push(luma);
      });
    }
  } finally {
    decoder.close();
  }
  expect(traits).toHaveLength(count);
  return traits;
}

const edgesIn = ({ edges }: PictureTraits): number => edges.reduce((sum, edge) => sum + edge * edge, 0);

/** 1: the same edges. */
function likeness(a: PictureTraits, b: PictureTraits): number {
  const both = a.edges.reduce((sum, edge, i) => sum + edge * (b.edges[i] ?? 0), 0);
  return both / Math.sqrt(edgesIn(a) * edgesIn(b));
}

test.each<[PictureFault, (before: PictureTraits, after: PictureTraits) => void]>([
  [{ kind: 'dark', lightFrac: 0.05 }, (_, after) => expect(after.bright).toBeLessThan(20)],
  [{ kind: 'washed-out', contrastFrac: 0.1 }, (_, after) => expect(after.bright - after.dark).toBeLessThan(30)],
  [
    { kind: 'blurred', sigmaFrac: 0.015 },
    (before, after) => expect(after.sharpness).toBeLessThan(0.65 * (before.sharpness ?? 0)),
  ],
  [{ kind: 'covered', areaFrac: 0.9 }, (before, after) => expect(edgesIn(after)).toBeLessThan(0.3 * edgesIn(before))],
  [{ kind: 'covered', areaFrac: 1 }, (before, after) => expect(edgesIn(after)).toBeLessThan(0.01 * edgesIn(before))],
  [
    { kind: 'moved', byFrac: 0.15 },
    (before, after) => {
      expect(likeness(before, after)).toBeLessThan(0.3);
      expect(edgesIn(after)).toBeGreaterThan(0.7 * edgesIn(before));
    },
  ],
])('a camera with %j shows it in every picture, and people who are not hidden still walk', async (fault, shows) => {
  const [before] = await watch(room, 1);
  const after = await watch(faultySource(room, fault));
  for (const traits of after) if (before !== undefined) shows(before, traits);
  if (fault.kind !== 'covered') expect(Math.max(...after.map(({ change }) => change ?? 0))).toBeGreaterThan(3);
});

test('a frozen camera goes on sending the picture that it showed when it froze', async () => {
  const frozen = faultySource(room, { kind: 'frozen' });
  const wanted = await watch(room, 1);
  const traits = await watch(frozen);
  expect(Math.max(...traits.slice(GOP).map(({ change }) => change ?? 99))).toBeLessThanOrEqual(2);
  expect(traits.every((one) => likeness(one, wanted[0] ?? one) > 0.99)).toBe(true);
});

test('it can be described, and a group of pictures is made once for both that ask', async () => {
  let asked = 0;
  const counting: Source = {
    ...room,
    unit: (i) => {
      asked += i === 0 ? 1 : 0;
      return room.unit(i);
    },
  };
  const faulty = faultySource(counting, { kind: 'dark', lightFrac: 0.05 });
  const { sps, pps } = await faulty.parameterSets();
  expect([(sps[0] ?? 0) & 31, (pps[0] ?? 0) & 31]).toEqual([7, 8]);
  await Promise.all([faulty.unit(0), faulty.unit(0), faulty.unit(3)]);
  expect(asked).toBe(1);
});

test('a camera of H.265 says that it cannot show it', () => {
  expect(() => faultySource({ ...room, codec: 'H265' }, { kind: 'frozen' })).toThrow(/H\.264 only/);
});
