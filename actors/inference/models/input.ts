import type { Manifest } from './manifest.ts';
import { describeTensor, mayBe } from './model.ts';
import type { ModelInput, Preparation, TensorInfo } from './model.ts';

const MIN_SIZE_PX = 32;
const MAX_SIZE_PX = 2048;
const CHANNELS = 3;

/** How the model takes a picture, or in words what is wrong with its input. */
export function inputOf(tensor: TensorInfo, manifest: Manifest): ModelInput | string {
  const { name, type, shape } = tensor;
  const [batch, second, third, fourth] = shape;
  const layout = shape.length !== 4 ? null : second === CHANNELS ? 'planes' : fourth === CHANNELS ? 'pixels' : null;
  const found = `and is ${describeTensor(tensor)}`;
  if ((type !== 'float32' && type !== 'uint8') || layout === null || !mayBe(batch, 1))
    return `input "${name}" should be float32 or uint8, [1, 3, height, width] or [1, height, width, 3], ${found}`;
  const heightPx = sideOf(layout === 'planes' ? third : second, manifest.heightPx);
  const widthPx = sideOf(layout === 'planes' ? fourth : third, manifest.widthPx);
  if (typeof heightPx === 'number' && typeof widthPx === 'number') return { name, type, layout, widthPx, heightPx };
  const fault = [heightPx, widthPx].find((side) => typeof side === 'string');
  return `input "${name}" ${String(fault)}, ${found}`;
}

function sideOf(dimension: number | string | undefined, wanted: number | undefined): number | string {
  const isOpen = typeof dimension !== 'number' || dimension < 0;
  if (isOpen) return wanted ?? 'leaves its size open, which "widthPx" and "heightPx" in its manifest must say';
  if (wanted !== undefined && wanted !== dimension) return `should be ${String(wanted)} high or wide by its manifest`;
  const isUsable = dimension >= MIN_SIZE_PX && dimension <= MAX_SIZE_PX;
  return isUsable ? dimension : `should be ${String(MIN_SIZE_PX)} to ${String(MAX_SIZE_PX)} pixels high and wide`;
}

/** The format's preparation with the manifest's changes, or in words why the input cannot be fed so. */
export function preparationOf(input: ModelInput, usual: Preparation, manifest: Manifest): Preparation | string {
  const { colour, scale, mean, std } = { ...usual, ...definedOf(manifest) };
  if (input.type === 'float32') return { colour, scale, mean, std };
  // A picture's bytes as they are: formats that scale do so for models that take floats.
  const changed = manifest.scale ?? manifest.mean ?? manifest.std;
  if (changed === undefined) return { colour, scale: 1, mean: [0, 0, 0], std: [1, 1, 1] };
  return `input "${input.name}" takes bytes as they are: take scale, mean and std out of its manifest`;
}

function definedOf({ colour, scale, mean, std }: Manifest): Partial<Preparation> {
  return {
    ...(colour === undefined ? {} : { colour }),
    ...(scale === undefined ? {} : { scale }),
    ...(mean === undefined ? {} : { mean }),
    ...(std === undefined ? {} : { std }),
  };
}
