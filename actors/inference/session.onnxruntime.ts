import ort from 'onnxruntime-node';
import { AppError } from '#protocol/errors.ts';
import type { ModelGraph, TensorInfo } from './models/model.ts';

export interface SessionInput {
  readonly name: string;
  readonly data: Float32Array | Uint8Array;
  readonly shape: readonly number[];
}

/** An output as it came; `data` is the caller's. */
export interface SessionOutput {
  /** As in TensorInfo. */
  readonly type: string;
  readonly shape: readonly number[];
  readonly data: unknown;
}

/** An ONNX graph ready to run. `run` keeps its whole thread busy until it answers. The opener releases it. */
export interface OnnxSession {
  readonly graph: ModelGraph;
  /** In the order of the names asked for. */
  run(input: SessionInput, outputNames: readonly string[]): Promise<SessionOutput[]>;
  release(): Promise<void>;
}

/** Rejects with model.unreadable when ONNX Runtime cannot make a session of the file. */
export async function openOnnxSession(path: string): Promise<OnnxSession> {
  const session = await createSession(path);
  return {
    graph: { inputs: session.inputMetadata.map(tensorInfo), outputs: session.outputMetadata.map(tensorInfo) },
    async run({ name, data, shape }, outputNames) {
      const tensor =
        data instanceof Float32Array ? new ort.Tensor('float32', data, shape) : new ort.Tensor('uint8', data, shape);
      const answer = await session.run({ [name]: tensor }, [...outputNames]);
      return outputNames.map((output) => {
        const { type, dims, data: values } = answer[output] as ort.Tensor;
        return { type, shape: dims, data: values };
      });
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
    throw new AppError('model.unreadable', refusal(path, cause), { context: { path }, cause });
  }
}

/** ONNX Runtime's own words where they help, without the place in its source. */
function refusal(path: string, cause: unknown): string {
  const said = (cause instanceof Error ? cause.message : String(cause)).trim();
  const opset = /Opset (\d+) .*till opset (\d+)/s.exec(said);
  if (opset !== null)
    return `${path} needs opset ${opset[1] ?? ''}, and opsets up to ${opset[2] ?? ''} are known here: export it with a lower one`;
  const version = /IR version: (\d+), max supported IR version: (\d+)/.exec(said);
  if (version !== null)
    return `${path} is of ONNX IR version ${version[1] ?? ''}, and versions up to ${version[2] ?? ''} are known here: export it with an older onnx`;
  return `${path} is not a whole, valid ONNX file: copy or export it again (ONNX Runtime says: ${said})`;
}

function tensorInfo(value: ort.InferenceSession.ValueMetadata): TensorInfo {
  if (!value.isTensor) return { name: value.name, type: 'unknown', shape: [] };
  return { name: value.name, type: value.type, shape: value.shape };
}
