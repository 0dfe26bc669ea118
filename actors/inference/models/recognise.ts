import { AppError } from '#protocol/errors.ts';
import { personClassOf } from './classes.ts';
import { inputOf, preparationOf } from './input.ts';
import type { Manifest } from './manifest.ts';
import { describeTensors } from './model.ts';
import type { FormatMatch, ModelFormat, ModelGraph, ModelInput, ModelSpec, TensorInfo } from './model.ts';
import { nanodet } from './nanodet.ts';
import { ssd } from './ssd.ts';
import { yolov5 } from './yolov5.ts';
import { yolov8 } from './yolov8.ts';
import { yolox } from './yolox.ts';

/** No graph is of two of them: their outputs differ in number, in rank or in rows. */
const FORMATS: readonly ModelFormat[] = [yolox, yolov8, yolov5, nanodet, ssd];
/**
 * On the vtest clip, at each third, each second and every frame, counts are exact at 0.6. From 0.65 on two boxes of one
 * person are counted as two, below 0.5 people who walk side by side begin to merge.
 */
const USUAL_MAX_IOU = 0.6;

/** What a file says about its model, beside the graph. */
export interface ModelNotes {
  /** As in ModelCard; for messages. */
  readonly name: string;
  readonly manifest: Manifest;
  /** Class names that the exporter wrote into the file; null: it wrote none. */
  readonly classNames: readonly string[] | null;
}

/**
 * Finds the format by the names and sizes of the graph's tensors, or takes the manifest's word and checks it. Throws
 * model.unsupported, which names the tensor, what was expected and what was found.
 */
export function recognise(graph: ModelGraph, notes: ModelNotes): ModelSpec {
  const { name, manifest } = notes;
  const input = inputOf(onlyInput(graph.inputs, name), manifest);
  if (typeof input === 'string') throw unsupported(name, `its ${input}`);
  const { format, match } = formatOf(input, graph.outputs, notes);
  const personClass = personClassOf(match, manifest, notes.classNames);
  if (typeof personClass === 'string') throw unsupported(name, personClass);
  const preparation = preparationOf(input, match.preparation ?? format.preparation, manifest);
  if (typeof preparation === 'string') throw unsupported(name, `its ${preparation}`);
  const { widthPx, heightPx } = input;
  return {
    format: format.format,
    input,
    outputs: match.outputs,
    shape: { widthPx, heightPx, fit: manifest.fit ?? match.fit ?? format.fit },
    preparation,
    decode: (answers, minScore) => match.decode(answers, personClass, minScore),
    maxIou: format.maxIou ?? USUAL_MAX_IOU,
  };
}

function formatOf(
  input: ModelInput,
  outputs: readonly TensorInfo[],
  { name, manifest }: ModelNotes,
): { format: ModelFormat; match: FormatMatch } {
  const faults: string[] = [];
  for (const format of FORMATS) {
    if (manifest.format !== undefined && manifest.format !== format.format) continue;
    const match = format.match(input, outputs, manifest);
    if (typeof match !== 'string') return { format, match };
    faults.push(`as ${format.format} its ${match}`);
  }
  const known = FORMATS.map(({ format }) => format).join(', ');
  throw unsupported(name, `it is of no known format (${known}): ${faults.join('; ')}`);
}

function onlyInput(inputs: readonly TensorInfo[], name: string): TensorInfo {
  const [first, second] = inputs;
  if (first !== undefined && second === undefined) return first;
  throw unsupported(name, `it should have one input and has ${String(inputs.length)}: ${describeTensors(inputs)}`);
}

function unsupported(name: string, fault: string): AppError {
  return new AppError('model.unsupported', `model ${name} cannot be used: ${fault}`, { context: { model: name } });
}
