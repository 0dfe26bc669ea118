import { traitsOf, type PictureTraits } from './picture-traits.ts';

const TAKES_EVERY_TICKS = 90_000;
/** A step back this far is another time of the stream, not a picture that was held back. */
const OTHER_TIME_TICKS = 60 * 90_000;

/** Takes the traits of one picture a second of a stream's own time, less often where fewer are decoded. */
export class TraitsTaker {
  private before: Uint8Array | null = null;
  private takenAtTicks = -Infinity;
  private keyFrames = 0;

  keyFrame(): void {
    this.keyFrames += 1;
  }

  /** `lumaOf` is called when one is due: 320 x 192 bytes that the caller keeps no hold of, or null where there is no luma. */
  picture(ticks90k: number, lumaOf: () => Uint8Array | null): PictureTraits | null {
    const sinceTicks = ticks90k - this.takenAtTicks;
    if (sinceTicks < TAKES_EVERY_TICKS && sinceTicks > -OTHER_TIME_TICKS) return null;
    const luma = lumaOf();
    if (luma === null) return null;
    const traits = traitsOf(luma, this.before, { ticks90k, keyFrames: this.keyFrames });
    this.takenAtTicks = ticks90k;
    this.before = luma;
    return traits;
  }
}
