import type { Detection } from '../inference/detector.port.ts';
import type { Box } from '#protocol/geometry.ts';
import { assign } from './assignment.ts';

/** A predicted box, and how unsure the prediction is: one standard deviation of its centre, image fractions. */
export interface Expectation {
  readonly box: Box;
  readonly deviationX: number;
  readonly deviationY: number;
}

/** Boxes may be widened by at most this part of their size on each side before they are compared. */
const WIDEST_MARGIN = 0.5;
const MOST_GROWTH = 1.5;
/** A box that ends this near the top or bottom of the picture is taken to go on beyond it. */
const EDGE_FRAC = 0.01;

/**
 * Matches expectations to detections, best total overlap first; returns for each expectation the index of its detection, or
 * -1. Overlap is the intersection over union of both boxes, widened by the prediction's own uncertainty (buffered IoU, Yang
 * et al. 2023): a sure prediction is compared as it is, one after a long gap may still find a box beside it. So a low frame
 * rate needs no settings of its own. No pair with less than `leastOverlap` is matched.
 */
export function associate(
  expectations: readonly Expectation[],
  detections: readonly Detection[],
  leastOverlap: number,
): Int32Array {
  const columns = detections.length;
  const costs = new Float64Array(expectations.length * columns).fill(Infinity);
  expectations.forEach((expectation, row) => {
    detections.forEach((detection, column) => {
      const overlap = widenedOverlap(expectation, detection.box);
      if (overlap >= leastOverlap && areOfOneSize(expectation.box, detection.box))
        costs[row * columns + column] = 1 - overlap;
    });
  });
  return assign(costs, expectations.length, columns, 1);
}

/**
 * Nobody grows by half from one frame to the next: such a box is somebody else's, or spans two. Only where the picture's edge
 * cuts somebody off does more of them come into view as fast.
 */
export function areOfOneSize(a: Box, b: Box): boolean {
  if (isCutOff(a) || isCutOff(b)) return true;
  const ratio = (a.y2 - a.y1) / (b.y2 - b.y1);
  return ratio <= MOST_GROWTH && ratio >= 1 / MOST_GROWTH;
}

function isCutOff({ y1, y2 }: Box): boolean {
  return y1 < EDGE_FRAC || y2 > 1 - EDGE_FRAC;
}

/** Which part of the smaller box lies inside the other, 0..1: 1 when one box holds the other. */
export function containmentOf(a: Box, b: Box): number {
  const width = Math.min(a.x2, b.x2) - Math.max(a.x1, b.x1);
  const height = Math.min(a.y2, b.y2) - Math.max(a.y1, b.y1);
  if (width <= 0 || height <= 0) return 0;
  return (width * height) / Math.min(areaOf(a), areaOf(b));
}

function widenedOverlap({ box, deviationX, deviationY }: Expectation, seen: Box): number {
  const marginX = Math.min(deviationX, WIDEST_MARGIN * (box.x2 - box.x1));
  const marginY = Math.min(deviationY, WIDEST_MARGIN * (box.y2 - box.y1));
  const width = Math.min(box.x2, seen.x2) - Math.max(box.x1, seen.x1) + 2 * marginX;
  const height = Math.min(box.y2, seen.y2) - Math.max(box.y1, seen.y1) + 2 * marginY;
  if (width <= 0 || height <= 0) return 0;
  const intersection = width * height;
  const areas =
    (box.x2 - box.x1 + 2 * marginX) * (box.y2 - box.y1 + 2 * marginY) +
    (seen.x2 - seen.x1 + 2 * marginX) * (seen.y2 - seen.y1 + 2 * marginY);
  return intersection / (areas - intersection);
}

function areaOf(box: Box): number {
  return (box.x2 - box.x1) * (box.y2 - box.y1);
}
