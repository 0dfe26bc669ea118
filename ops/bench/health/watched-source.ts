import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { TRAITS_HEIGHT_PX, TRAITS_WIDTH_PX } from '#media/frames/traits/picture-traits.ts';
import { TraitsTaker } from '#media/frames/traits/traits-taker.ts';
import type { Source } from '#media/simulator/source.ts';

export interface WatchedSource {
  /** One a second. */
  readonly traits: readonly PictureTraits[];
  /** CPU time to take one of them: scaling, and reading the traits. */
  readonly costMs: number;
}

/** What a worker would see of the first `seconds` of a source. */
export async function watchSource(source: Source, seconds: number): Promise<WatchedSource> {
  const decoder = new PictureDecoder();
  const taker = new TraitsTaker();
  const units = Math.floor(seconds * source.fps);
  const traits: PictureTraits[] = [];
  let [costMs, taken] = [0, 0];
  try {
    for (let i = 0; i < units; i += 1) {
      const { nalUnits, isKeyFrame } = await source.unit(i);
      if (isKeyFrame) taker.keyFrame();
      const bytes = Buffer.concat(nalUnits.flatMap((nalUnit) => [Buffer.from([0, 0, 0, 1]), nalUnit]));
      const ticks90k = Math.round((i * 90_000) / source.fps);
      decoder.decode(bytes, ticks90k, () => {
        const before = process.cpuUsage();
        const one = taker.picture(ticks90k, () => decoder.luma(TRAITS_WIDTH_PX, TRAITS_HEIGHT_PX));
        if (one === null) return;
        const { user, system } = process.cpuUsage(before);
        costMs += (user + system) / 1000;
        taken += 1;
        traits.push(one);
      });
    }
  } finally {
    decoder.close();
  }
  return { traits, costMs: costMs / Math.max(1, taken) };
}
