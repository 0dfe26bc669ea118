import type { FrameShape } from '#media/frames/frame.ts';
import type { ScoredBox } from '../nms.ts';

/** One input or output of an ONNX graph. A dimension that is not fixed is its name, or -1. */
export interface TensorInfo {
  readonly name: string;
  /** ONNX Runtime's word: `float32`, `uint8` ... or `unknown` for what is no tensor. */
  readonly type: string;
  readonly shape: readonly (number | string)[];
}

export interface ModelGraph {
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
}

/** How pixels become the model's floats: `(value * scale - mean) / std` per channel, planes in this order. */
export interface Preparation {
  readonly colour: 'rgb' | 'bgr';
  readonly scale: number;
  /** In the order of `colour`. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** Everything needed to feed a model and to read its answer. */
export interface ModelSpec {
  readonly format: 'yolox' | 'yolov8';
  readonly inputName: string;
  readonly outputName: string;
  readonly outputLength: number;
  readonly shape: FrameShape;
  readonly preparation: Preparation;
  /** Boxes of people in pixels of the input, in no order, before suppression. */
  readonly decode: (output: Float32Array, minScore: number) => ScoredBox[];
}

/** A family of models that share the meaning of their output. Adding one is adding an adapter to `recognise`. */
export interface ModelFormat {
  readonly format: ModelSpec['format'];
  readonly preparation: Preparation;
  /** The spec, or in words which tensor is not as expected: what was expected, what was found. */
  readonly match: (
    input: { readonly widthPx: number; readonly heightPx: number },
    output: TensorInfo,
    personClass: number,
  ) => Pick<ModelSpec, 'outputLength' | 'decode'> | string;
}

/** `float32 [1, 3549, 85]` */
export function describeTensor({ type, shape }: Pick<TensorInfo, 'type' | 'shape'>): string {
  return `${type} [${shape.join(', ')}]`;
}
