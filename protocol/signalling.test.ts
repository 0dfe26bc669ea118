import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode } from './codec.ts';
import * as signalling from './signalling.ts';

/** One sample per version of a message, kept for ever: what one process says must be read by another of any version. */
const folder = new URL('./samples/signalling/', import.meta.url);
const samples = readdirSync(folder);

const schemas = {
  'whep-offer': signalling.whepOfferSchema,
  'whep-answer': signalling.whepAnswerSchema,
  'whep-patch': signalling.whepPatchSchema,
  'whep-patched': signalling.whepPatchedSchema,
  'whep-close': signalling.whepCloseSchema,
  'whep-viewers': signalling.whepViewersSchema,
};

test.each(Object.entries(schemas))('every sample of %s decodes to the same again', (message, schema) => {
  const kept = samples.filter((name) => new RegExp(`^${message}(-with.*)?\\.v1\\.json$`).test(name));
  expect(kept).not.toEqual([]);
  for (const name of kept) {
    const text = readFileSync(new URL(name, folder), 'utf8');
    expect(decode(schema, text)).toEqual(JSON.parse(text));
  }
});

test('a viewer, an ICE tag or a fragment of another shape is refused', () => {
  const patch = { viewerId: '0'.repeat(32), fragment: 'x', iceTags: null };
  for (const broken of [
    { ...patch, viewerId: '../0' },
    { ...patch, fragment: 'x'.repeat(70_000) },
    { ...patch, iceTags: Array.from({ length: 9 }, () => '*') },
  ]) {
    expect(() => decode(signalling.whepPatchSchema, JSON.stringify(broken))).toThrow();
  }
});
