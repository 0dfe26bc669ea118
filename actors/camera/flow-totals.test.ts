import { expect, test } from 'vitest';
import type { ViewerStats } from '#media/relay/relay.port.ts';
import { flowTotals, type MediaFigures } from './flow-totals.ts';

const PLAYING = {
  ...{ packets: 100, bytes: 90_000, lostPackets: 2, ignoredPackets: 0 },
  ...{ units: 50, keyFrames: 2, damaged: 1, oversize: 0, discarded: 3 },
};
const DECODER = { decoded: 40, handedOn: 10, still: 5, dropped: 1, overtaken: 2, errors: 1 };
const OUTPUT = { boxes: 9, facts: 1, factsWaiting: 4 };

function viewer(viewerId: string): ViewerStats {
  const figures = { packetsSent: 10, bytesSent: 1_000, bitsPerSecond: 0, packetsLost: 1, packetsDropped: 2 };
  return { viewerId, connected: true, ...figures, roundTripMs: null, keyFrameRequests: 0 };
}

function media(figures: Partial<MediaFigures> = {}): MediaFigures {
  return {
    streams: new Map([
      ['main', PLAYING],
      ['sub', PLAYING],
    ]),
    counted: 'sub',
    decoder: DECODER,
    inferences: 8,
    viewers: [],
    ...figures,
  };
}

function ways(figures: MediaFigures): string[] {
  return flowTotals(figures, OUTPUT).map(({ from, to }) => `${from} > ${to}`);
}

test('the main stream feeds the relay and its viewers, the other one the counts', () => {
  expect(ways(media({ viewers: [viewer('abcdef0123')] }))).toEqual([
    'camera > main',
    'main > relay',
    'relay > viewer abcdef',
    'camera > sub',
    'sub > decoder',
    'decoder > motion gate',
    'motion gate > detector',
    'detector > tracker',
    'tracker > pages',
    'tracker > outbox',
  ]);
});

test('a camera with one stream feeds both from it, and one that is down nothing', () => {
  expect(ways(media({ streams: new Map([['main', PLAYING]]), counted: 'main' }))).toContain('main > decoder');
  expect(ways(media({ streams: new Map(), decoder: null }))).toEqual([]);
});

test('each link says what it carried, lost and holds', () => {
  const links = flowTotals(media(), OUTPUT);
  const of = (to: string) => links.find((link) => link.to === to);
  expect(of('main')).toMatchObject({ total: 100, bytes: 90_000, dropped: 2 });
  expect(of('relay')).toMatchObject({ total: 50, bytes: null, dropped: 4 });
  expect(of('decoder')).toMatchObject({ total: 40, dropped: 2 });
  expect(of('motion gate')).toMatchObject({ total: 15 });
  expect(of('detector')).toMatchObject({ total: 8, dropped: 2 });
  expect(of('outbox')).toMatchObject({ total: 1, waiting: 4 });
});

test('viewers beyond the eighth are summed up', () => {
  const viewers = Array.from({ length: 11 }, (_, i) => viewer(`${String(i).padStart(6, '0')}xx`));
  const last = flowTotals(media({ viewers }), OUTPUT)
    .filter(({ from }) => from === 'relay')
    .at(-1);
  expect(last).toMatchObject({ to: '3 more viewers', total: 30, bytes: 3_000, dropped: 9 });
});
