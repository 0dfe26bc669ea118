import type { Grip } from '#web/lib/geometry/gesture.ts';

/** What lies under the pointer, from the nearest `data-grip`: `point 0`, `side 2`, `shape line door`, `first`. */
export function gripOf(target: EventTarget | null): { grip: Grip; element: HTMLElement | null } {
  const element = target instanceof Element ? target.closest('[data-grip]') : null;
  const [kind, word = '', id = ''] = (element?.getAttribute('data-grip') ?? '').split(' ');
  const focusable = element instanceof HTMLElement ? element : null;
  if (kind === 'point' || kind === 'side') return { grip: { kind, index: Number(word) }, element: focusable };
  if (kind === 'first') return { grip: { kind }, element: focusable };
  if (kind === 'shape' && (word === 'line' || word === 'zone')) {
    return { grip: { kind, shape: { kind: word, id } }, element: focusable };
  }
  return { grip: { kind: 'picture' }, element: null };
}

const STEP = 0.01;
const LONG_STEP = 0.05;
const WAYS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** How far an arrow key moves what has the focus, as a fraction of the picture; with Shift further. null: no arrow key. */
export function arrowStep({ key, shiftKey }: KeyboardEvent): readonly [number, number] | null {
  const way = WAYS[key];
  const step = shiftKey ? LONG_STEP : STEP;
  return way === undefined ? null : [way[0] * step, way[1] * step];
}

export function percent(value: number): string {
  return `${String(Math.round(value * 100))} %`;
}
