import type { FrameShape } from '#media/frames/frame.ts';
import type { ScoredBox } from '../nms.ts';
import type { Manifest } from './manifest.ts';

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

/** How pixels become the model's values: `(byte * scale - mean) / std` per channel, channels in this order. */
export interface Preparation {
  readonly colour: 'rgb' | 'bgr';
  readonly scale: number;
  /** In the order of `colour`. */
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
}

/** The one picture a model takes at a time. */
export interface ModelInput {
  readonly name: string;
  readonly type: 'float32' | 'uint8';
  /** `planes` is NCHW, `pixels` NHWC. */
  readonly layout: 'planes' | 'pixels';
  readonly widthPx: number;
  readonly heightPx: number;
}

/** What a model answered in one of its outputs. */
export interface Answer {
  readonly data: Float32Array;
  readonly shape: readonly number[];
}

/** Everything needed to feed a model and to read its answer. */
export interface ModelSpec {
  readonly format: FormatName;
  readonly input: ModelInput;
  /** What is asked for, in the order `decode` takes it. */
  readonly outputs: readonly TensorInfo[];
  readonly shape: FrameShape;
  readonly preparation: Preparation;
  /** Boxes of people in pixels of the input, in no order, before suppression. */
  readonly decode: (answers: readonly Answer[], minScore: number) => ScoredBox[];
  /** Boxes that overlap by more are one person. */
  readonly maxIou: number;
}

export type FormatName = 'yolox' | 'yolov8' | 'yolov5' | 'nanodet' | 'ssd';

/** A graph whose outputs are those of a format. */
export interface FormatMatch {
  readonly outputs: readonly TensorInfo[];
  /** null: the graph does not say. */
  readonly classCount: number | null;
  /** The number of the first class, where it is not 0. */
  readonly firstClass?: number;
  /** The class that is a person where neither graph nor manifest say. */
  readonly usualPerson?: number;
  /** Where it differs from the format's own. */
  readonly preparation?: Preparation;
  readonly fit?: FrameShape['fit'];
  readonly decode: (answers: readonly Answer[], personClass: number, minScore: number) => ScoredBox[];
}

/** A family of models that share the meaning of their outputs. Adding one is adding an adapter to `recognise`. */
export interface ModelFormat {
  readonly format: FormatName;
  readonly preparation: Preparation;
  readonly fit: FrameShape['fit'];
  /** What the authors' own suppression uses, where the project's usual limit is no good for it. */
  readonly maxIou?: number;
  /** The match, or in words which tensor is not as expected: what was expected, what was found. */
  readonly match: (input: ModelInput, outputs: readonly TensorInfo[], manifest: Manifest) => FormatMatch | string;
}

/** `float32 [1, 3549, 85]` */
export function describeTensor({ type, shape }: Pick<TensorInfo, 'type' | 'shape'>): string {
  return `${type} [${shape.join(', ')}]`;
}

/** `"boxes" float32 [8160, 4], "scores" float32 [8160]`, cut where a graph has many. */
export function describeTensors(tensors: readonly TensorInfo[]): string {
  const shown = tensors.slice(0, 8).map((tensor) => `"${tensor.name}" ${describeTensor(tensor)}`);
  return [...shown, ...(tensors.length > 8 ? [`and ${String(tensors.length - 8)} more`] : [])].join(', ') || 'none';
}

/** Whether a dimension is this number, or is left open by the graph. */
export function mayBe(dimension: number | string | undefined, wanted: number): boolean {
  return dimension === wanted || dimension === -1 || typeof dimension === 'string';
}
