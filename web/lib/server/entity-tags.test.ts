import { expect, test } from 'vitest';
import { entityTagsOf } from './entity-tags.ts';

test.each([
  [null, null],
  ['', []],
  ['*', ['*']],
  ['"*"', ['*']],
  ['"xyzzy"', ['xyzzy']],
  ['"a,b" , "c"', ['a,b', 'c']],
  ['W/"xyzzy", "c"', ['c']],
  ['xyzzy', []],
  [Array.from({ length: 20 }, (_, i) => `"${String(i)}"`).join(','), ['0', '1', '2', '3', '4', '5', '6', '7']],
])('If-Match %j names %j', (header, tags) => {
  expect(entityTagsOf(header)).toEqual(tags);
});
