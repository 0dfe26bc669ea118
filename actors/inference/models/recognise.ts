import { AppError } from '#protocol/errors.ts';
import type { Manifest } from './manifest.ts';
import { describeTensor } from './model.ts';
import type { ModelFormat, ModelGraph, ModelSpec, TensorInfo } from './model.ts';
import { yolov8 } from './yolov8.ts';
import { yolox } from './yolox.ts';

const FORMATS: readonly ModelFormat[] = [yolox, yolov8];
/** The coarsest grid of the formats here. */
const SIZE_STEP_PX = 32;
const MAX_SIZE_PX = 2048;

/**
 * Finds the format by the names and sizes of the graph's tensors, or takes the manifest's word and checks it. Throws
 * model.unsupported, which names the tensor, what was expected and what was found. `name` is for that message only.
 */
export function recognise(graph: ModelGraph, manifest: Manifest, name: string): ModelSpec {
  const input = only(graph.inputs, 'input', name);
  const size = inputSize(input);
  if (typeof size === 'string') throw unsupported(name, size);
  const output = only(graph.outputs, 'output', name);
  const faults: string[] = [];
  for (const candidate of FORMATS) {
    if (manifest.format !== undefined && manifest.format !== candidate.format) continue;
    const match = candidate.match(size, output, manifest.personClass);
    if (typeof match === 'string') {
      faults.push(`as ${candidate.format} its ${match}`);
      continue;
    }
    const { colour, scale, mean, std } = candidate.preparation;
    return {
      format: candidate.format,
      inputName: input.name,
      outputName: output.name,
      shape: { ...size, fit: manifest.fit ?? 'letterbox' },
      preparation: {
        colour: manifest.colour ?? colour,
        scale: manifest.scale ?? scale,
        mean: manifest.mean ?? mean,
        std: manifest.std ?? std,
      },
      ...match,
    };
  }
  throw unsupported(name, faults.join('; '));
}

function only(tensors: readonly TensorInfo[], kind: 'input' | 'output', name: string): TensorInfo {
  const [first, second] = tensors;
  if (first !== undefined && second === undefined) return first;
  const found = tensors.map((tensor) => `"${tensor.name}" ${describeTensor(tensor)}`).join(', ');
  throw unsupported(name, `it should have one ${kind} and has ${String(tensors.length)}: ${found}`);
}

function inputSize(input: TensorInfo): { widthPx: number; heightPx: number } | string {
  const [batch, channels, heightPx, widthPx] = input.shape;
  const isPicture = input.shape.length === 4 && channels === 3 && isSide(heightPx) && isSide(widthPx);
  const isOne = batch === 1 || batch === -1 || typeof batch === 'string';
  if (input.type === 'float32' && isPicture && isOne) return { widthPx, heightPx };
  const sides = `height and width fixed multiples of ${String(SIZE_STEP_PX)} up to ${String(MAX_SIZE_PX)}`;
  return `input "${input.name}" should be float32 [1, 3, height, width], ${sides}, and is ${describeTensor(input)}`;
}

function isSide(value: number | string | undefined): value is number {
  return typeof value === 'number' && value > 0 && value <= MAX_SIZE_PX && value % SIZE_STEP_PX === 0;
}

function unsupported(name: string, fault: string): AppError {
  const known = FORMATS.map(({ format }) => format).join(', ');
  return new AppError('model.unsupported', `model ${name} is of no known format (${known}): ${fault}`, {
    context: { model: name },
  });
}
