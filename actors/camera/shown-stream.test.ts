import { expect, test } from 'vitest';
import type { AccessUnit, CodecName } from '#media/packet.ts';
import type { RelayPacket } from '#media/relay/relay.port.ts';
import { ShownStream } from './shown-stream.ts';

function open() {
  const written: number[] = [];
  const stills: (string | null)[] = [];
  const relay = { isWatched: true, write: ({ rtpTimestamp }: RelayPacket) => void written.push(rtpTimestamp) };
  const shown = new ShownStream(relay, (because) => stills.push(because));
  return { relay, shown, written, stills };
}

function unit(ticks90k: number, isKeyFrame = false, codec: CodecName = 'H264'): AccessUnit {
  const nalUnits = [Buffer.from([isKeyFrame ? 0x65 : 0x41, 0x88])];
  return { codec, nalUnits, isKeyFrame, rtpTimestamp: 0, ticks90k, receivedAtMs: 0, isDamaged: false };
}

test('viewers see the main stream, from a key frame on', () => {
  const { shown, written, stills } = open();
  shown.described('sub', 'H264');
  shown.described('main', 'H264');
  shown.push('main', unit(1));
  shown.push('main', unit(2, true));
  shown.push('sub', unit(3, true));
  shown.push('main', unit(4));
  expect(written).toEqual([2, 4]);
  expect(shown.newestGop().map(({ rtpTimestamp }) => rtpTimestamp)).toEqual([2, 4]);
  expect(stills).toEqual([]);
});

test('they see the sub-stream, from a key frame on, when the main one is H.265', () => {
  const { shown, written, stills } = open();
  shown.described('main', 'H265');
  shown.described('sub', 'H264');
  shown.push('main', unit(1, true, 'H265'));
  shown.push('sub', unit(2));
  shown.push('sub', unit(3, true));
  shown.push('sub', unit(4));
  expect(written).toEqual([3, 4]);
  expect(stills).toEqual([expect.stringContaining('H.265'), null]);
});

test('they see stills when both streams are H.265, until one of them is not', () => {
  const { shown, written, stills } = open();
  shown.described('sub', 'H265');
  shown.described('main', 'H265');
  shown.push('main', unit(1, true, 'H265'));
  shown.push('sub', unit(2, true, 'H265'));
  expect(written).toEqual([]);
  expect(shown.newestGop()).toEqual([]);
  shown.described('main', 'H264');
  shown.push('main', unit(3, true));
  expect(written).toEqual([3]);
  expect(stills).toEqual([expect.stringContaining('H.264'), null]);
});

test('a new session begins with its own key frame, and what was held for newcomers is gone', () => {
  const { shown, written } = open();
  shown.described('main', 'H264');
  shown.push('main', unit(1, true));
  shown.ended('main');
  expect(shown.newestGop()).toEqual([]);
  shown.push('main', unit(2));
  shown.push('main', unit(3, true));
  expect(written).toEqual([1, 3]);
});

test('other addresses may be other codecs', () => {
  const { shown, stills } = open();
  shown.described('main', 'H265');
  shown.forget();
  expect(stills).toEqual([expect.any(String), null]);
});

test('nothing is made for viewers while there is none, and a newcomer still begins with the group of pictures', () => {
  const { relay, shown, written } = open();
  relay.isWatched = false;
  shown.push('main', unit(1, true));
  relay.isWatched = true;
  shown.push('main', unit(2));
  expect(written).toEqual([2]);
  expect(shown.newestGop().map(({ rtpTimestamp }) => rtpTimestamp)).toEqual([1, 2]);
});
