/** Writes the few parts of ONNX (onnx.proto3, IR 8) that a test's model needs: graphs that answer with a constant. */

export interface TensorSketch {
  readonly name: string;
  /** A text is a dimension that is not fixed. */
  readonly shape: readonly (number | string)[];
  /** `float` unless said. */
  readonly type?: 'float' | 'uint8';
}

export interface AnswerSketch extends TensorSketch {
  readonly shape: readonly number[];
  /** What the model answers, whatever it is shown; zeros when left out. */
  readonly values?: Float32Array;
}

const ELEMENT_TYPES = { float: 1, uint8: 2 } as const;

export interface FileSketch {
  /** What an exporter may leave (`metadata_props`). */
  readonly notes?: Readonly<Record<string, string>>;
  readonly opset?: number;
}

export function onnxFile(
  inputs: readonly TensorSketch[],
  outputs: readonly AnswerSketch[],
  { notes = {}, opset = 17 }: FileSketch = {},
): Uint8Array {
  const nodes = outputs.map(({ name }) => message(text(1, `${name}-values`), text(2, name), text(4, 'Identity')));
  const graph = message(
    ...nodes.map((node) => bytes(1, node)),
    text(2, 'sketch'),
    ...outputs.map((output) => bytes(5, initializer(output))),
    ...inputs.map((input) => bytes(11, valueInfo(input))),
    ...outputs.map((output) => bytes(12, valueInfo(output))),
  );
  const entries = Object.entries(notes).map(([key, value]) => bytes(14, message(text(1, key), text(2, value))));
  return message(integer(1, 8), bytes(7, graph), ...entries, bytes(8, message(text(1, ''), integer(2, opset))));
}

function initializer({ name, shape, type = 'float', values }: AnswerSketch): Uint8Array {
  const length = shape.reduce((product, side) => product * side, 1);
  const floats = values ?? new Float32Array(length);
  const raw =
    type === 'float' ? new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength) : new Uint8Array(length);
  const dimensions = shape.map((side) => integer(1, side));
  return message(...dimensions, integer(2, ELEMENT_TYPES[type]), text(8, `${name}-values`), bytes(9, raw));
}

function valueInfo({ name, shape, type = 'float' }: TensorSketch): Uint8Array {
  const dimensions = shape.map((side) => bytes(1, typeof side === 'number' ? integer(1, side) : text(2, side)));
  const tensor = message(integer(1, ELEMENT_TYPES[type]), bytes(2, message(...dimensions)));
  return message(text(1, name), bytes(2, message(bytes(1, tensor))));
}

function message(...fields: Uint8Array[]): Uint8Array {
  return Buffer.concat(fields);
}

function integer(field: number, value: number): Uint8Array {
  return message(varint(field << 3), varint(value));
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, Buffer.from(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return message(varint((field << 3) | 2), varint(value.length), value);
}

function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    groups.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Uint8Array.from([...groups, rest]);
}
