import type { ModelInput, Preparation } from './models/model.ts';

/** For each channel of the tensor: which byte of an RGB pixel it takes and what each of the 256 values becomes. */
export type ChannelTables = readonly { readonly byte: number; readonly values: Float32Array }[];

export function channelTables({ colour, scale, mean, std }: Preparation): ChannelTables {
  return [0, 1, 2].map((channel) => ({
    byte: colour === 'rgb' ? channel : 2 - channel,
    values: Float32Array.from(
      { length: 256 },
      (_, value) => (value * scale - (mean[channel] ?? 0)) / (std[channel] ?? 1),
    ),
  }));
}

/**
 * RGB bytes, interleaved, to the tensor a model takes: planes `[1, 3, height, width]` or pixels `[1, height, width, 3]`.
 * `tensor` is three times as long as the picture has pixels.
 */
export function fillTensor(
  tensor: Float32Array | Uint8Array,
  rgb: Uint8Array,
  tables: ChannelTables,
  layout: ModelInput['layout'],
): void {
  const pixels = tensor.length / 3;
  tables.forEach(({ byte, values }, channel) => {
    const step = layout === 'planes' ? 1 : 3;
    let to = layout === 'planes' ? channel * pixels : channel;
    for (let pixel = 0, from = byte; pixel < pixels; pixel += 1, from += 3, to += step) {
      tensor[to] = values[rgb[from] as number] as number;
    }
  });
}
