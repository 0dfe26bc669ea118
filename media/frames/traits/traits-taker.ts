import { traitsOf, type PictureTraits } from './picture-traits.ts';

const TAKES_EVERY_TICKS = 90_000;
/** A step back this far is another time of the stream, not a picture that was held back. */
const OTHER_TIME_TICKS = 60 * 90_000;
/** Groups of pictures of which the first and the last that were looked at are kept, 60 KB each. */
const GROUPS_KEPT = 3;

/** What was seen between two key frames. */
interface Group {
  readonly first: Uint8Array;
  last: Uint8Array;
}

/** Takes the traits of one picture a second of a stream's own time, less often where fewer are decoded. */
export class TraitsTaker {
  private readonly groups: Group[] = [];
  private isNewGroup = true;
  private takenAtTicks = -Infinity;

  keyFrame(): void {
    this.isNewGroup = true;
  }

  /** `lumaOf` is called when one is due: 320 x 192 bytes that the caller keeps no hold of, or null where there is no luma. */
  picture(ticks90k: number, lumaOf: () => Uint8Array | null): PictureTraits | null {
    const sinceTicks = ticks90k - this.takenAtTicks;
    if (sinceTicks < TAKES_EVERY_TICKS && sinceTicks > -OTHER_TIME_TICKS) return null;
    const luma = lumaOf();
    if (luma === null) return null;
    this.keep(luma);
    this.takenAtTicks = ticks90k;
    const earlier = this.groups.slice(0, -1).flatMap(({ first, last }) => (first === last ? [first] : [first, last]));
    return traitsOf(luma, earlier, ticks90k);
  }

  private keep(luma: Uint8Array): void {
    const group = this.groups.at(-1);
    if (group !== undefined && !this.isNewGroup) group.last = luma;
    else this.groups.push({ first: luma, last: luma });
    if (this.groups.length > GROUPS_KEPT) this.groups.shift();
    this.isNewGroup = false;
  }
}
