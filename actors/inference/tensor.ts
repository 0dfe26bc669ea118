import type { Preparation } from './models/model.ts';

/** For each plane of the tensor: which byte of an RGB pixel it takes and what each of the 256 values becomes. */
export type PlaneTables = readonly { readonly channel: number; readonly values: Float32Array }[];

export function planeTables({ colour, scale, mean, std }: Preparation): PlaneTables {
  return [0, 1, 2].map((plane) => ({
    channel: colour === 'rgb' ? plane : 2 - plane,
    values: Float32Array.from({ length: 256 }, (_, value) => (value * scale - (mean[plane] ?? 0)) / (std[plane] ?? 1)),
  }));
}

/** RGB bytes, interleaved, to float planes `[1, 3, height, width]`. `tensor` is three times as long as the picture has pixels. */
export function fillTensor(tensor: Float32Array, rgb: Uint8Array, tables: PlaneTables): void {
  const pixels = tensor.length / 3;
  tables.forEach(({ channel, values }, plane) => {
    const offset = plane * pixels;
    for (let pixel = 0, at = channel; pixel < pixels; pixel += 1, at += 3) {
      tensor[offset + pixel] = values[rgb[at] as number] as number;
    }
  });
}
