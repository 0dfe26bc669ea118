import * as v from 'valibot';

const three = v.tuple([v.number(), v.number(), v.number()]);
const side = v.pipe(v.number(), v.integer(), v.minValue(32), v.maxValue(2048));
const name = v.pipe(v.string(), v.minLength(1), v.maxLength(200));

/**
 * What an ONNX graph cannot say about itself, in a file `NAME.json` beside `NAME.onnx`. Each field left out takes the
 * format's usual value; other fields are free for notes. README.md tells the fields to people.
 */
export const manifestSchema = v.object({
  format: v.optional(v.picklist(['yolox', 'yolov8', 'yolov5', 'nanodet', 'ssd'])),
  /** Where the graph leaves its input's size open. */
  widthPx: v.optional(side),
  heightPx: v.optional(side),
  /** Order of the input's channels. */
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
  /** Names of the classes in their order. */
  classes: v.optional(v.pipe(v.array(name), v.minLength(1), v.maxLength(10_000))),
  /** Number of the class that is a person. */
  personClass: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0))),
  /** Names of the outputs of an `ssd` model that has classes of its own. */
  outputs: v.optional(v.object({ boxes: name, scores: name, classes: name })),
  boxOrder: v.optional(v.picklist(['xyxy', 'yxyx'])),
  boxUnit: v.optional(v.picklist(['fraction', 'pixel'])),
});
export type Manifest = v.InferOutput<typeof manifestSchema>;
