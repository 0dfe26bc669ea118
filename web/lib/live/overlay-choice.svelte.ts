import { canHoldVideo, type OverlayWish } from './overlay-mode.ts';

const KEY = 'footfall.overlay';

/** How this browser is to show boxes; remembered by it. */
export class OverlayChoice {
  wish: OverlayWish = $state('live');

  /** In the browser, once the page is there: the server cannot know. */
  recall(): void {
    this.wish = canHoldVideo() && stored() === 'matched' ? 'matched' : 'live';
  }

  choose(wish: OverlayWish): void {
    this.wish = wish;
    try {
      localStorage.setItem(KEY, wish);
    } catch {
      // A browser that keeps nothing: the choice holds for this page.
    }
  }
}

function stored(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}
