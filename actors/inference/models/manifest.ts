import * as v from 'valibot';

const three = v.tuple([v.number(), v.number(), v.number()]);

/**
 * What an ONNX graph cannot say about itself, in a file `NAME.json` beside `NAME.onnx`. Each field left out takes the
 * format's usual value; other fields are free for notes.
 */
export const manifestSchema = v.object({
  format: v.optional(v.picklist(['yolox', 'yolov8'])),
  /** Order of the input's planes. */
  colour: v.optional(v.picklist(['rgb', 'bgr'])),
  /** Input = (byte * scale - mean) / std. */
  scale: v.optional(v.pipe(v.number(), v.gtValue(0))),
  mean: v.optional(three),
  std: v.optional(
    v.pipe(
      three,
      v.everyItem((value) => value > 0, 'must be greater than 0'),
    ),
  ),
  fit: v.optional(v.picklist(['letterbox', 'stretch'])),
  /** Index of the class that is a person. */
  personClass: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0)), 0),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;
