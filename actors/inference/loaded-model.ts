import { AppError } from '#protocol/errors.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import { boxToPicture } from '#media/frames/letterbox.ts';
import { answerOf } from './answer.ts';
import type { Detection, Inference, ModelCard } from './detector.port.ts';
import type { ModelSpec } from './models/model.ts';
import type { ModelFile } from './models/model-file.ts';
import { recognise } from './models/recognise.ts';
import { suppress } from './nms.ts';
import { openOnnxSession } from './session.onnxruntime.ts';
import type { OnnxSession } from './session.onnxruntime.ts';
import { channelTables, fillTensor } from './tensor.ts';

/** Weak detections are kept for the tracker's second pass (ByteTrack), which only continues tracks with them. */
const MIN_SCORE = 0.1;
const MAX_PEOPLE = 100;

/** One model in one thread. The loader releases it. */
export interface LoadedModel {
  readonly file: ModelFile;
  readonly card: ModelCard;
  /** One run after the first, which also allocates. */
  readonly warmUpMs: number;
  detect(frame: AnalysisFrame): Promise<Inference>;
  release(): Promise<void>;
}

/** Recognises and warms up. Rejects with model.unreadable or model.unsupported. */
export async function loadModel(file: ModelFile): Promise<LoadedModel> {
  const session = await openOnnxSession(file.path);
  try {
    const spec = recognise(session.graph, file);
    const { format, shape } = spec;
    const infer = inferrer(session, spec, file.name);
    const warmUpMs = await warmUp(infer, spec, file.name);
    return {
      file,
      card: { name: file.name, format, shape },
      warmUpMs,
      detect: infer,
      release: () => session.release(),
    };
  } catch (error) {
    await session.release();
    throw error;
  }
}

function inferrer(session: OnnxSession, spec: ModelSpec, name: string): LoadedModel['detect'] {
  const { widthPx, heightPx, layout, type, name: inputName } = spec.input;
  const tables = channelTables(spec.preparation);
  const values = 3 * widthPx * heightPx;
  const data = type === 'float32' ? new Float32Array(values) : new Uint8Array(values);
  const shape = layout === 'planes' ? [1, 3, heightPx, widthPx] : [1, heightPx, widthPx, 3];
  const outputNames = spec.outputs.map((output) => output.name);
  return async (frame) => {
    const startedAt = performance.now();
    if (frame.widthPx !== widthPx || frame.heightPx !== heightPx) {
      const found = `${String(frame.widthPx)}x${String(frame.heightPx)}`;
      const wanted = `${String(widthPx)}x${String(heightPx)}`;
      throw new AppError('internal', `model ${name} takes frames of ${wanted} and got ${found}: reshape the decoder`);
    }
    fillTensor(data, frame.rgb, tables, layout);
    const outputs = await session.run({ name: inputName, data, shape }, outputNames);
    const answers = outputs.map((output, i) => answerOf(output, spec.outputs[i], name));
    const whole = spec.decode(answers, MIN_SCORE).filter(isBox);
    const detections = suppress(whole, spec.maxIou, MAX_PEOPLE)
      .map(({ x1, y1, x2, y2, score }): Detection => {
        return { box: boxToPicture(frame.letterbox, x1, y1, x2, y2), score: Math.min(1, score) };
      })
      .filter(({ box }) => isBox(box));
    return { detections, model: name, inferenceMs: performance.now() - startedAt };
  };
}

/** Not one turned inside out, nor of values that are no numbers. */
function isBox({ x1, y1, x2, y2 }: { x1: number; y1: number; x2: number; y2: number }): boolean {
  return x2 > x1 && y2 > y1 && Number.isFinite(x2 - x1 + y2 - y1);
}

async function warmUp(infer: LoadedModel['detect'], { shape }: ModelSpec, name: string): Promise<number> {
  const { widthPx, heightPx } = shape;
  const grey: AnalysisFrame = {
    rgb: new Uint8Array(widthPx * heightPx * 3).fill(114),
    widthPx,
    heightPx,
    letterbox: { scaledWidthPx: widthPx, scaledHeightPx: heightPx, offsetXPx: 0, offsetYPx: 0 },
    ticks90k: 0,
    receivedAtMs: 0,
  };
  try {
    await infer(grey);
    return (await infer(grey)).inferenceMs;
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new AppError('model.unsupported', `model ${name} fails when it is shown a picture: ${said}`, { cause });
  }
}
