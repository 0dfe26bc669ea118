/** How far an element lies outside the window, px; 0 while any of it is inside. Asks for layout: not for every frame. */
export function offScreenPx(element: Element): number {
  const { top, bottom, left, right } = element.getBoundingClientRect();
  const across = Math.max(0, left - window.innerWidth, -right);
  const down = Math.max(0, top - window.innerHeight, -bottom);
  return Math.hypot(across, down);
}
