/** The outermost message of an ONNX file, `ModelProto` of onnx.proto3, without looking into its graph. */
export interface OnnxEnvelope {
  /** Notes that the exporter left (`metadata_props`). */
  readonly notes: ReadonlyMap<string, string>;
}

const FIELD = { graph: 7, opsetImport: 8, metadataProps: 14, functions: 25 } as const;
const WIRE = { varint: 0, fixed64: 1, bytes: 2, fixed32: 5 } as const;
const MAX_NOTE_BYTES = 256 * 1024;

/** What files often are that carry the wrong name. */
const LOOKALIKES: readonly (readonly [string, Buffer, number])[] = [
  ['a zip archive (a PyTorch file, or a download to unpack)', Buffer.from('PK\u0003\u0004'), 0],
  ['a gzip archive', Buffer.from([0x1f, 0x8b]), 0],
  ['an HDF5 (Keras) file', Buffer.from('\x89HDF', 'latin1'), 0],
  ['a TensorFlow Lite file', Buffer.from('TFL3'), 4],
  ['a Git LFS pointer, whose file was never downloaded', Buffer.from('version https://git-lfs'), 0],
  ['a web page', Buffer.from('<'), 0],
  ['a JSON file', Buffer.from('{'), 0],
  ['a JPEG picture', Buffer.from([0xff, 0xd8, 0xff]), 0],
  ['a PNG picture', Buffer.from('\x89PNG', 'latin1'), 0],
];

/** Walks the outermost fields. In words what is wrong when these bytes are no whole ONNX file. */
export function readEnvelope(file: Buffer): OnnxEnvelope | string {
  const lookalike = LOOKALIKES.find(([, magic, at]) => file.subarray(at, at + magic.length).equals(magic));
  if (lookalike !== undefined) return `is ${lookalike[0]}, not an ONNX file`;
  const notes = new Map<string, string>();
  const seen = new Set<number>();
  let at = 0;
  while (at < file.length) {
    const field = readField(file, at);
    if (field === null || field.number < 1 || field.number > FIELD.functions)
      return seen.has(FIELD.graph) ? 'is damaged behind its graph' : 'is not an ONNX file';
    if (field.end > file.length) {
      const missing = `${String(field.end - file.length)} bytes are missing at its end`;
      return field.number === FIELD.graph ? `was cut short: ${missing}` : 'is not an ONNX file, or was cut short';
    }
    if (field.number === FIELD.metadataProps && field.value.length <= MAX_NOTE_BYTES) keepNote(notes, field.value);
    seen.add(field.number);
    at = field.end;
  }
  if (seen.has(FIELD.graph) && seen.has(FIELD.opsetImport)) return { notes };
  return seen.has(FIELD.graph) ? 'was cut short: it does not say its opset' : 'is not an ONNX file: it holds no graph';
}

/**
 * Names of the classes in their order, as Ultralytics' exporter notes them: `{0: 'person', 1: 'bicycle'}`. null: it left
 * none, or not in this form.
 */
export function classNamesOf({ notes }: OnnxEnvelope): string[] | null {
  const names: string[] = [];
  for (const [, index, quote, name] of (notes.get('names') ?? '').matchAll(/(\d+)\s*:\s*(['"])(.*?)\2/g)) {
    if (quote !== undefined && Number(index) === names.length) names.push(name ?? '');
    else return null;
  }
  return names.length === 0 ? null : names;
}

interface Field {
  readonly number: number;
  /** Empty unless it is of bytes. */
  readonly value: Buffer;
  /** Where the next field begins; beyond the file when this one is not whole. */
  readonly end: number;
}

/** Protocol Buffers' encoding: a key (number * 8 + wire type), then the value. null: no such thing is here. */
function readField(file: Buffer, at: number): Field | null {
  const key = readVarint(file, at);
  if (key === null) return null;
  const [number, wire] = [Math.floor(key.value / 8), key.value % 8];
  const none = Buffer.alloc(0);
  if (wire === WIRE.fixed64) return { number, value: none, end: key.end + 8 };
  if (wire === WIRE.fixed32) return { number, value: none, end: key.end + 4 };
  const value = wire === WIRE.varint || wire === WIRE.bytes ? readVarint(file, key.end) : null;
  if (value === null) return null;
  if (wire === WIRE.varint) return { number, value: none, end: value.end };
  const end = value.end + value.value;
  return { number, value: file.subarray(value.end, end), end };
}

function readVarint(file: Buffer, at: number): { value: number; end: number } | null {
  let value = 0;
  for (let i = 0; i < 10; i += 1) {
    const byte = file[at + i];
    if (byte === undefined) return null;
    value += (byte % 128) * 2 ** (7 * i);
    if (byte < 128) return { value, end: at + i + 1 };
  }
  return null;
}

/** `StringStringEntryProto`: key, value. */
function keepNote(notes: Map<string, string>, entry: Buffer): void {
  const texts: string[] = [];
  for (let at = 0; at < entry.length;) {
    const field = readField(entry, at);
    if (field === null || field.end > entry.length) return;
    texts[field.number - 1] = field.value.toString('utf8');
    at = field.end;
  }
  const [key, value] = texts;
  if (key !== undefined && value !== undefined) notes.set(key, value);
}
