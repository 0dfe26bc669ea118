import type { CameraConfig } from '#protocol/camera.ts';
import type { Direction } from '#protocol/geometry.ts';

/** A camera as a page may see it: everything but its credentials. */
export interface CameraView extends Pick<
  CameraConfig,
  'id' | 'name' | 'enabled' | 'mainUrl' | 'subUrl' | 'model' | 'analysisFps' | 'group' | 'lines' | 'zones' | 'revision'
> {
  readonly hasCredentials: boolean;
}

/** Accepted crossings of one period over all lines of a camera. */
export interface PeriodCounts {
  /** Start of the period, epoch ms. */
  readonly fromMs: number;
  readonly in: number;
  readonly out: number;
}

/** One accepted crossing, for the list of recent ones. */
export interface Crossing {
  readonly id: string;
  readonly atMs: number;
  readonly line: string;
  readonly direction: Direction;
}

/** GET /api/v1/cameras/<id>/history. */
export interface History {
  readonly periodMs: number;
  /** Oldest first, empty periods too; the last one is still running. */
  readonly periods: readonly PeriodCounts[];
  /** Newest first. */
  readonly crossings: readonly Crossing[];
}
