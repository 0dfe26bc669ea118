import { openLiveBarcode } from './live-barcode.node-av.ts';
import { pictureSource, type Source, type SourceUnit } from './source.ts';

/** For tests: 1.2 s of film at 25 fps with a key frame every 10 pictures, repeated for ever. */
export async function makeFilm(widthPx: number, heightPx: number): Promise<Source> {
  const live = await openLiveBarcode({ widthPx, heightPx, fps: 25, bitsPerSecond: 800_000, gopUnits: 10 });
  const units: SourceUnit[] = [];
  for (let i = 0; i < 30; i++) units.push(await live.unit(i));
  await live.close();
  return pictureSource(units, { fps: 25, phaseMs: 0 });
}
