import { describeTensors } from './model.ts';
import type { ModelInput, TensorInfo } from './model.ts';

/** One cell of a model's output grids: its row (or column) in the output stands for the box around this place. */
export interface Cell {
  readonly x: number;
  readonly y: number;
  readonly stride: number;
}

export const STRIDES = [8, 16, 32] as const;

/** Grids one after the other, each row by row. */
export function gridCells(widthPx: number, heightPx: number, strides: readonly number[] = STRIDES): Cell[] {
  const cells: Cell[] = [];
  for (const stride of strides) {
    const columns = Math.ceil(widthPx / stride);
    const rows = Math.ceil(heightPx / stride);
    for (let y = 0; y < rows; y += 1) for (let x = 0; x < columns; x += 1) cells.push({ x, y, stride });
  }
  return cells;
}

/** In words what is wrong, when a grid of this stride does not fill the input evenly; null when it does. */
export function offGrid({ name, widthPx, heightPx }: ModelInput, stride: number): string | null {
  if (widthPx % stride === 0 && heightPx % stride === 0) return null;
  const found = `${String(widthPx)}x${String(heightPx)}`;
  return `input "${name}" should be a multiple of ${String(stride)} wide and high and is ${found}`;
}

/** The graph's one output, or in words what should be there. */
export function onlyOutput(outputs: readonly TensorInfo[], expected: string): TensorInfo | string {
  const [first, second] = outputs;
  if (first !== undefined && second === undefined) return first;
  return `one output should be ${expected} and there are ${String(outputs.length)}: ${describeTensors(outputs)}`;
}
