import ort from 'onnxruntime-node';
import { AppError } from '#protocol/errors.ts';
import type { ModelGraph, TensorInfo } from './models/model.ts';

/** An ONNX graph ready to run. `run` keeps its whole thread busy until it answers. The opener releases it. */
export interface OnnxSession {
  readonly graph: ModelGraph;
  /** One float32 input, one float32 output. The answer is the caller's. */
  run(inputName: string, input: Float32Array, shape: readonly number[], outputName: string): Promise<Float32Array>;
  release(): Promise<void>;
}

/** Rejects with model.unreadable when ONNX Runtime cannot make a session of the file. */
export async function openOnnxSession(path: string): Promise<OnnxSession> {
  const session = await createSession(path);
  return {
    graph: { inputs: session.inputMetadata.map(tensorInfo), outputs: session.outputMetadata.map(tensorInfo) },
    async run(inputName, input, shape, outputName) {
      const answer = await session.run({ [inputName]: new ort.Tensor('float32', input, shape) }, [outputName]);
      return answer[outputName]?.data as Float32Array;
    },
    release: () => session.release(),
  };
}

async function createSession(path: string): Promise<ort.InferenceSession> {
  try {
    return await ort.InferenceSession.create(path, {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      logSeverityLevel: 4, // Its warnings are about graphs people bring; what matters comes as an error.
      // A spinning thread burns a core while it waits for frames.
      extra: { session: { intra_op: { allow_spinning: '0' }, inter_op: { allow_spinning: '0' } } },
    });
  } catch (cause) {
    const said = cause instanceof Error ? cause.message : String(cause);
    const what = `${path} is not a whole, valid ONNX file: copy or export it again (ONNX Runtime says: ${said})`;
    throw new AppError('model.unreadable', what, { context: { path }, cause });
  }
}

function tensorInfo(value: ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!value.isTensor) return { name: value.name, type: 'unknown', shape: [] };
  return { name: value.name, type: value.type, shape: value.shape };
}
