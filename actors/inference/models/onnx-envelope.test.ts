import fc from 'fast-check';
import { expect, test } from 'vitest';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import { classNamesOf, readEnvelope } from './onnx-envelope.ts';

const INPUT = [{ name: 'images', shape: [1, 3, 64, 64] }];
const OUTPUT = [{ name: 'out', shape: [1, 5, 84] }];
const FILE = Buffer.from(onnxFile(INPUT, OUTPUT));
/** Behind the graph. */
const OPSET_BYTES = 6;

function noted(notes: Record<string, string>): ReturnType<typeof readEnvelope> {
  return readEnvelope(Buffer.from(onnxFile(INPUT, OUTPUT, { notes })));
}

test('a whole file is read, with the notes its exporter left', () => {
  const envelope = noted({ task: 'detect', names: "{0: 'person', 1: 'driver\"s seat'}" });
  if (typeof envelope === 'string') throw new Error(envelope);
  expect(envelope.notes.get('task')).toBe('detect');
  expect(classNamesOf(envelope)).toEqual(['person', 'driver"s seat']);
});

test.each([{}, { names: 'none' }, { names: "{1: 'person'}" }])(
  'notes without a list of names give none: %o',
  (notes) => {
    const envelope = noted(notes);
    expect(typeof envelope === 'string' ? envelope : classNamesOf(envelope)).toBeNull();
  },
);

test.each([
  ['a zip', Buffer.from('PK\u0003\u0004 and the rest'), 'is a zip archive'],
  ['a web page', Buffer.from('<!doctype html>'), 'is a web page'],
  ['a Git LFS pointer', Buffer.from('version https://git-lfs.github.com/spec/v1'), 'is a Git LFS pointer'],
  ['a TensorFlow Lite file', Buffer.from('\u001c\0\0\0TFL3'), 'is a TensorFlow Lite file'],
  ['a picture', Buffer.from([0xff, 0xd8, 0xff, 0xe0]), 'is a JPEG picture'],
  ['a text', Buffer.from('weights go here'), 'is not an ONNX file'],
  ['nothing but zeros', Buffer.alloc(1000), 'is not an ONNX file'],
  ['a file cut in its graph', FILE.subarray(0, 700), `was cut short: `],
  ['a file cut behind its graph', FILE.subarray(0, -6), 'was cut short'],
  ['a file with something behind it', Buffer.concat([FILE, Buffer.from([0xff, 0xff])]), 'is damaged behind its graph'],
])('%s is told for what it is', (_, file, told) => {
  expect(readEnvelope(file)).toContain(told);
});

test('a file cut short says how much is missing', () => {
  const missing = /(\d+) bytes are missing/.exec(readEnvelope(FILE.subarray(0, 700)) as string)?.[1];
  expect(Number(missing)).toBe(FILE.length - OPSET_BYTES - 700);
});

test('whatever the bytes, the answer comes and is one or the other', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), fc.nat(FILE.length), (noise, at) => {
      for (const file of [Buffer.from(noise), Buffer.concat([FILE.subarray(0, at), noise, FILE.subarray(at)])]) {
        const envelope = readEnvelope(file);
        if (typeof envelope === 'string') expect(envelope).toMatch(/^(is|was) /);
        else expect(envelope.notes).toBeInstanceOf(Map);
      }
    }),
  );
});
