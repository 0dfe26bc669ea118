import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { decode } from './codec.ts';
import { deadLetterSchema, parseReplayId, replayMessageId } from './dead-letters.ts';

const folder = new URL('./samples/dead-letters/', import.meta.url);
const replayed = { letter: '8f14e45fceea167a5a36dedd', replay: '0123456789abcdef' };

test.each(readdirSync(folder))('%s decodes to the same again', (name) => {
  const text = readFileSync(new URL(name, folder), 'utf8');
  expect(decode(deadLetterSchema, text)).toEqual(JSON.parse(text));
});

test.each(['entrance.0123456789abcdef01234567.7', null, 'line\nbreak', `replay.${replayed.letter}.0123456789abcdef.a`])(
  'the id of a replay of a message with id %j gives it back',
  (original) => {
    expect(parseReplayId(replayMessageId(replayed, original))).toEqual({ ...replayed, original });
  },
);

test.each([null, '', 'entrance.0123456789abcdef01234567.7', 'replay.entrance.1.x'])('%j is no replay', (messageId) => {
  expect(parseReplayId(messageId)).toBeNull();
});
