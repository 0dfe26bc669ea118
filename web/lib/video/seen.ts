import type { Attachment } from 'svelte/attachments';

const OFF_SCREEN_MS = 4_000;
const HIDDEN_MS = 60_000;

/**
 * Tells whether somebody can see the element: on or near the screen, in a page that is not hidden. Scrolling past and a quick
 * look at another tab do not count as gone.
 */
export function seen(onChange: (seen: boolean) => void): Attachment {
  return (element) => {
    let near = false;
    let told: boolean | null = null;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tell = (value: boolean): void => {
      if (value !== told) onChange(value);
      told = value;
    };
    const decide = (): void => {
      clearTimeout(timer);
      const visible = document.visibilityState === 'visible';
      if (near && visible) tell(true);
      else timer = setTimeout(tell, near ? HIDDEN_MS : OFF_SCREEN_MS, false);
    };
    const observer = new IntersectionObserver(
      (entries) => {
        near = entries.at(-1)?.isIntersecting ?? near;
        decide();
      },
      { rootMargin: '200px' },
    );
    observer.observe(element);
    document.addEventListener('visibilitychange', decide);
    return () => {
      clearTimeout(timer);
      observer.disconnect();
      document.removeEventListener('visibilitychange', decide);
    };
  };
}
