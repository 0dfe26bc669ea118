import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readMessage } from './fact-message.ts';

const sample = readFileSync(new URL('../../protocol/samples/line-crossed.v1.json', import.meta.url));
const fact = JSON.parse(sample.toString()) as Record<string, unknown>;
const subject = 'footfall.fact.camera.entrance.line-crossed.v1';
const id = String(fact['id']);

const read = (change: Record<string, unknown>, on = subject): ReturnType<typeof readMessage> =>
  readMessage({ subject: on, messageId: id, data: Buffer.from(JSON.stringify({ ...fact, ...change })) });

test('a fact on its own subject is read', () => {
  expect(read({})).toMatchObject({ kind: 'counted', fact: { id } });
});

test.each([
  ['a number that is not in its id', { n: 99 }, subject],
  ['another camera in its subject', {}, 'footfall.fact.camera.hall.line-crossed.v1'],
  ['a confidence above one', { confidence: 2 }, subject],
  ['a type nobody knows', { type: 'Nonsense' }, subject],
])('%s makes it invalid, and the place of its message id is settled', (_, change, on) => {
  expect(read(change, on)).toMatchObject({ kind: 'invalid', key: id, settles: { n: fact['n'] } });
});

test('bytes without any sense are kept under their digest, readable and without NUL', () => {
  const data = Buffer.from([0, 255, 1, 65]);
  const invalid = readMessage({ subject: 'footfall.fact.x', messageId: null, data });
  expect(invalid).toMatchObject({ kind: 'invalid', camera: null, settles: null });
  expect(invalid.kind === 'invalid' && invalid.payload).not.toContain('\0');
  expect(readMessage({ subject: 'footfall.fact.x', messageId: null, data })).toEqual(invalid);
});
