import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode } from './codec.ts';
import { factSchema } from './facts.ts';
import { factId } from './ids.ts';

/** One sample per version of a message, kept for ever: what was once written must always be read. */
const folder = new URL('./samples/', import.meta.url);
const samples = readdirSync(folder).filter((name) => name.endsWith('.json'));

test('there is a sample of every type of fact', () => {
  const types = samples.map((name) => decode(factSchema, readFileSync(new URL(name, folder))).type);
  expect(new Set(types)).toEqual(new Set(factSchema.options.map((option) => option.entries.type.literal)));
});

test.each(samples)('%s decodes to the same again and keeps its id', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  const fact = decode(factSchema, text);
  expect(fact).toEqual(JSON.parse(text));
  expect(fact.id).toBe(factId(fact.camera, fact.leaseId, fact.n));
});
