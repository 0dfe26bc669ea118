import type { Line, Point } from '#protocol/geometry.ts';
import { tokenFromName } from '#protocol/ids.ts';

export type End = 'p1' | 'p2';

/** The lines of one camera while somebody edits them. Points stay inside the picture. */
export class LineDrafts {
  lines = $state<Line[]>([]);
  selected = $state(0);

  /** A camera without a line gets one across the middle to start from. */
  constructor(lines: readonly Line[]) {
    this.lines = lines.map((line) => ({ ...line }));
    if (this.lines.length === 0) this.add();
  }

  get current(): Line | null {
    return this.lines[this.selected] ?? null;
  }

  add(): void {
    const n = this.lines.length + 1;
    const y = Math.min(0.9, 0.6 + (n - 1) * 0.08);
    this.lines.push({
      id: this.#freeId(`line-${String(n)}`),
      name: `Line ${String(n)}`,
      p1: [0.2, y],
      p2: [0.8, y],
      anchor: 'foot',
    });
    this.selected = this.lines.length - 1;
  }

  move(index: number, end: End, x: number, y: number): void {
    const line = this.lines[index];
    if (line === undefined) return;
    const point: Point = [inside(x), inside(y)];
    this.selected = index;
    this.lines[index] = { ...line, [end]: point };
  }

  /** `in` becomes the other way. */
  flip(): void {
    const line = this.current;
    if (line !== null) this.lines[this.selected] = { ...line, p1: line.p2, p2: line.p1 };
  }

  rename(name: string): void {
    const line = this.current;
    if (line !== null) this.lines[this.selected] = { ...line, name };
  }

  remove(): void {
    this.lines.splice(this.selected, 1);
    this.selected = Math.max(0, this.selected - 1);
  }

  /** Why these cannot be saved; null when they can. */
  fault(): string | null {
    if (this.lines.some(({ name }) => name.trim() === '')) return 'Each line needs a name.';
    if (this.lines.some(({ p1, p2 }) => Math.hypot(p2[0] - p1[0], p2[1] - p1[1]) < 0.02)) {
      return 'The two ends of a line must lie apart.';
    }
    return null;
  }

  #freeId(wanted: string): string {
    const stem = tokenFromName(wanted) || 'line';
    for (let n = 1; ; n++) {
      const id = n === 1 ? stem : `${stem}-${String(n)}`;
      if (!this.lines.some((line) => line.id === id)) return id;
    }
  }
}

function inside(value: number): number {
  return Math.round(Math.min(1, Math.max(0, value)) * 1000) / 1000;
}
