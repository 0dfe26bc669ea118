import { expect, test } from 'vitest';
import type { FlowLink } from '#protocol/flow.ts';
import { flowTree, linkWords, type FlowNode } from './flow-tree.ts';

function link(from: string, to: string, more: Partial<FlowLink> = {}): FlowLink {
  return { from, to, unit: 'packets', perSecond: 25, bitsPerSecond: null, dropped: 0, waiting: null, ...more };
}

function outline({ name, feeds }: FlowNode): string {
  return feeds.length === 0 ? name : `${name}(${feeds.map(outline).join(' ')})`;
}

test('stages hang below what feeds them, in the order told', () => {
  const links = [
    link('camera', 'main'),
    link('main', 'relay'),
    link('camera', 'sub'),
    link('sub', 'decoder'),
    link('relay', 'viewer a'),
    link('relay', 'viewer b'),
  ];
  expect(outline(flowTree(links))).toBe('camera(main(relay(viewer a viewer b)) sub(decoder))');
});

test('nothing plays: the camera alone is left, and what hangs in the air is not shown', () => {
  expect(flowTree([link('relay', 'viewer a')])).toEqual({ name: 'camera', link: null, feeds: [] });
});

test('links that go round in a circle end', () => {
  expect(outline(flowTree([link('camera', 'main'), link('main', 'camera'), link('main', 'main')]))).toBe(
    'camera(main)',
  );
});

test.each([
  [{}, '25 packets/s', null],
  [{ perSecond: 4.96, unit: 'frames' as const }, '5.0 frames/s', null],
  [{ bitsPerSecond: 2_040_000 }, '25 packets/s · 2.0 Mbit/s', null],
  [{ bitsPerSecond: 380_400 }, '25 packets/s · 380 kbit/s', null],
  [{ dropped: 12, waiting: 30 }, '25 packets/s', '12 lost · 30 waiting'],
  [{ waiting: 1 }, '25 packets/s', null],
])('%j is told as "%s", trouble %s', (more, rate, trouble) => {
  expect(linkWords(link('a', 'b', more))).toEqual({ rate, trouble });
});
