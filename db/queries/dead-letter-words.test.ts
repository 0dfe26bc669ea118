import { expect, test } from 'vitest';
import { bodyWords, printable } from './dead-letter-words.ts';

test.each([
  ['JSON is indented', '{"a":1}', '{\n  "a": 1\n}'],
  ['text that is no JSON stays as it is', '{"a":\n', '{"a":\n'],
  ['nothing is said to be nothing', '', '(empty)'],
  ['what would steer a terminal is replaced', 'a\u001b[2Jb\u009bc\u202ed', 'a\uFFFD[2Jb\uFFFDc\uFFFDd'],
])('%s', (_, body, words) => {
  expect(bodyWords(Buffer.from(body))).toBe(words);
});

test('bytes that are no text are shown in hex with their signs, and no more than 512 of them', () => {
  const rows = bodyWords(Buffer.alloc(600, 0xff)).split('\n');
  expect(rows).toHaveLength(33);
  expect(rows.at(-1)).toBe('... and 88 bytes more');
  expect(bodyWords(Buffer.from([0x41, 0xff, 0x0a]))).toBe(`0000  41 ff 0a${' '.repeat(39)}  A..`);
});

test('an escape hidden in JSON stays escaped or replaced', () => {
  expect(bodyWords(Buffer.from('{"a":"\\u001b\\u009b"}'))).toBe('{\n  "a": "\\u001b\uFFFD"\n}');
  expect(printable('line\nline\tend')).toBe('line\nline\tend');
});
