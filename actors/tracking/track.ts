import type { Box, Point } from '#protocol/geometry.ts';

/** A person followed through frames, as the tracker reports it after each frame. */
export interface Track {
  /** 1, 2, 3 ... within a run; never used again in it. */
  readonly id: number;
  readonly box: Box;
  /** Score of the last matched detection. */
  readonly score: number;
  /** Of the box's centre, image fractions a second. */
  readonly velocity: Point;
  /** Epoch ms of the first matched detection, and its box. */
  readonly bornAtMs: number;
  readonly firstBox: Box;
  /** Epoch ms of the last matched detection; older than the frame while the person is hidden. */
  readonly seenAtMs: number;
  /** Frames in which a detection matched. */
  readonly detections: number;
}
