import { AppError } from '#protocol/errors.ts';
import { describeTensor, mayBe } from './models/model.ts';
import type { Answer, TensorInfo } from './models/model.ts';
import type { SessionOutput } from './session.onnxruntime.ts';

/**
 * An output as the format's decoder takes it. Asked at each run: dimensions that a graph leaves open, or computes, show
 * only then. Throws model.unsupported. `name` is for its message.
 */
export function answerOf({ type, shape, data }: SessionOutput, promised: TensorInfo | undefined, name: string): Answer {
  const isPromised =
    promised?.shape.length === 0 ||
    (shape.length === promised?.shape.length && shape.every((side, i) => mayBe(promised.shape[i], side)));
  if (data instanceof Float32Array && isPromised) return { data, shape };
  const wanted = promised === undefined ? 'nothing' : describeTensor(promised);
  const found = `output "${promised?.name ?? ''}" is ${describeTensor({ type, shape })} where its graph promised ${wanted}`;
  throw new AppError('model.unsupported', `model ${name} cannot be used: its ${found}`, { context: { model: name } });
}
