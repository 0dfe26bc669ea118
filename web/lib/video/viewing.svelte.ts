import type { OverlayMode } from '#protocol/skew.ts';
import type { PictureReading } from './camera-picture.svelte.ts';

/** What a page wants of its picture, and what the picture tells in return. */
export class Viewing {
  mode: OverlayMode = $state('live');
  /** The picture is to be measured once a second. */
  isMeasured = $state(false);
  reading = $state.raw<PictureReading | null>(null);
}
