import { AppError } from '#protocol/errors.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import { boxToPicture } from '#media/frames/letterbox.ts';
import type { Detection, Inference, ModelCard } from './detector.port.ts';
import type { ModelSpec } from './models/model.ts';
import type { ModelFile } from './models/model-file.ts';
import { recognise } from './models/recognise.ts';
import { suppress } from './nms.ts';
import { openOnnxSession } from './session.onnxruntime.ts';
import type { OnnxSession } from './session.onnxruntime.ts';
import { fillTensor, planeTables } from './tensor.ts';

/** Weak detections are kept for the tracker's second pass (ByteTrack), which only continues tracks with them. */
const MIN_SCORE = 0.1;
/**
 * On the vtest clip, at each third, each second and every frame, counts are exact at 0.6. From 0.65 on two boxes of one
 * person are counted as two, below 0.5 people who walk side by side begin to merge.
 */
const MAX_IOU = 0.6;
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
    const spec = recognise(session.graph, file.manifest, file.name);
    const { format, shape } = spec;
    const infer = inferrer(session, spec, file.name);
    const warmUpMs = await warmUp(infer, spec);
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
  const { widthPx, heightPx } = spec.shape;
  const tables = planeTables(spec.preparation);
  const tensor = new Float32Array(3 * widthPx * heightPx);
  const inputShape = [1, 3, heightPx, widthPx];
  return async (frame) => {
    const startedAt = performance.now();
    if (frame.widthPx !== widthPx || frame.heightPx !== heightPx) {
      const found = `${String(frame.widthPx)}x${String(frame.heightPx)}`;
      const wanted = `${String(widthPx)}x${String(heightPx)}`;
      throw new AppError('internal', `model ${name} takes frames of ${wanted} and got ${found}: reshape the decoder`);
    }
    fillTensor(tensor, frame.rgb, tables);
    const output = await session.run(spec.inputName, tensor, inputShape, spec.outputName);
    if (output.length !== spec.outputLength) {
      const sizes = `${String(output.length)} values where its graph promised ${String(spec.outputLength)}`;
      throw new AppError('model.unsupported', `model ${name} answered with ${sizes} in "${spec.outputName}"`);
    }
    const detections = suppress(spec.decode(output, MIN_SCORE), MAX_IOU, MAX_PEOPLE)
      .map(({ x1, y1, x2, y2, score }): Detection => {
        return { box: boxToPicture(frame.letterbox, x1, y1, x2, y2), score: Math.min(1, score) };
      })
      .filter(({ box }) => box.x2 > box.x1 && box.y2 > box.y1);
    return { detections, model: name, inferenceMs: performance.now() - startedAt };
  };
}

async function warmUp(infer: LoadedModel['detect'], { shape }: ModelSpec): Promise<number> {
  const { widthPx, heightPx } = shape;
  const grey: AnalysisFrame = {
    rgb: new Uint8Array(widthPx * heightPx * 3).fill(114),
    widthPx,
    heightPx,
    letterbox: { scaledWidthPx: widthPx, scaledHeightPx: heightPx, offsetXPx: 0, offsetYPx: 0 },
    ticks90k: 0,
    receivedAtMs: 0,
  };
  await infer(grey);
  return (await infer(grey)).inferenceMs;
}
