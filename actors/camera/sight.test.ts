import { expect, test } from 'vitest';
import type { Line, Point } from '#protocol/geometry.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../tracking/track.ts';
import { placesOf, sightOf } from './sight.ts';

const DOOR: Line = { id: 'door', name: 'Door', p1: [0.5, 0.4], p2: [0.5, 0.9], anchor: 'foot' };
const TILL = {
  id: 'till',
  name: 'Till',
  polygon: [
    [0.0, 0.0],
    [0.2, 0.0],
    [0.2, 0.3],
    [0.0, 0.3],
  ] satisfies Point[],
};
const ASPECT = 16 / 9;

/** Somebody 0.2 picture heights tall with their feet at a place. */
function walker(foot: Point, velocity: Point = [0, 0]): Track {
  const box = boxAround([foot[0], foot[1] - 0.1], 0.2);
  return { id: 1, box, score: 0.8, velocity, bornAtMs: 0, firstBox: box, seenAtMs: 0, detections: 5 };
}

function sight(...tracks: Track[]): string {
  return sightOf(tracks, tracks.length, placesOf({ lines: [DOOR], zones: [TILL] }), ASPECT);
}

test('nobody followed is nobody in sight', () => {
  expect(sight()).toBe('nobody');
});

test('who stands far from every line is somebody, who stands within a box height of one is near', () => {
  expect(sight(walker([0.65, 0.6]))).toBe('somebody');
  expect(sight(walker([0.6, 0.6]))).toBe('near');
  expect(sight(walker([0.4, 0.6]))).toBe('near');
});

test('who will reach the line within a second and a half is near, who walks away or past its end is not', () => {
  expect(sight(walker([0.8, 0.6], [-0.15, 0]))).toBe('near');
  expect(sight(walker([0.8, 0.6], [-0.1, 0]))).toBe('somebody');
  expect(sight(walker([0.8, 0.6], [0.2, 0]))).toBe('somebody');
  expect(sight(walker([0.8, 0.15], [-0.3, 0]))).toBe('somebody');
});

test('who runs so fast that they would be past the line between two looks ahead is near', () => {
  expect(sight(walker([0.95, 0.6], [-3, 0]))).toBe('near');
});

test('who stands in a zone is near, and so is somebody not yet confirmed', () => {
  expect(sight(walker([0.1, 0.25]))).toBe('near');
  const places = placesOf({ lines: [], zones: [] });
  expect(sightOf([], 1, places, ASPECT)).toBe('near');
  expect(sightOf([walker([0.6, 0.6])], 1, places, ASPECT)).toBe('somebody');
});
