import { placementRequestSchema, type PlacementResult } from '#protocol/advice.ts';
import type { Line } from '#protocol/geometry.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { lintLine } from '../counting/placement/lint-line.ts';
import { EMPTY_WALK_LOG, recordTracks, walksOf } from '../counting/placement/walk-log.ts';
import type { Track } from '../tracking/track.ts';

/** Remembers how people walked in one camera's picture, and says what speaks against a line there. */
export class Placement {
  #log = EMPTY_WALK_LOG;
  #aspect = 16 / 9;

  /** All tracks of a frame, hidden ones included; `aspect` is the picture's width by its height, as far as the detector's input keeps it. */
  frame(tracks: readonly Track[], timeMs: number, aspect: number): void {
    this.#aspect = aspect;
    this.#log = recordTracks(this.#log, tracks, timeMs);
  }

  /** Tracks begin anew, and their ids with them. */
  breakOff(): void {
    this.#log = recordTracks(this.#log, [], 0);
  }

  advise(lines: readonly Line[]): PlacementResult {
    const walks = walksOf(this.#log);
    return { people: walks.length, advice: lines.flatMap((line) => lintLine(line, walks, this.#aspect)) };
  }
}

export function answerPlacement(bus: Bus, camera: string, placement: Placement): Closable {
  return bus.respond(subjects.placementAdvice(camera), placementRequestSchema, ({ lines }) =>
    Promise.resolve(placement.advise(lines)),
  );
}
