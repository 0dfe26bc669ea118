import {
  createLineCounter,
  finishLineCounter,
  stepLineCounter,
  type LineCounterStep,
} from '#actors/counting/line-counter.ts';
import type { Dismissal, LineCrossing } from '#actors/counting/line-event.ts';
import { createZoneCounter, finishZoneCounter, stepZoneCounter } from '#actors/counting/zones/zone-counter.ts';
import type { ZoneEvent } from '#actors/counting/zones/zone-event.ts';
import type { DetectorPool, Inference } from '#actors/inference/detector.port.ts';
import { createTracker, stepTracker } from '#actors/tracking/tracker.ts';
import type { Geometry } from './geometry.ts';
import type { LineHappenings } from './line-report.ts';
import type { ZoneHappenings } from './zone-report.ts';
import type { VideoFile } from './video-file.ts';

export interface FileAnalysis extends LineHappenings {
  readonly model: string;
  readonly frames: number;
  readonly zones: ZoneHappenings;
  /** One value a frame. */
  readonly detectMs: readonly number[];
  readonly trackMs: readonly number[];
}

interface Pending {
  readonly timeMs: number;
  readonly inference: Promise<Inference | null>;
}

/**
 * The live way from frame to crossing, as fast as the pool's threads allow: as many frames as it has threads are worked
 * on at once, and tracked in the order of their times.
 */
export async function analyseFile(
  video: VideoFile,
  pool: DetectorPool,
  options: { readonly model: string | null; readonly geometry: Geometry; readonly maxFps: number },
  onProgress: (timeMs: number) => void,
): Promise<FileAnalysis> {
  const card = await pool.load(options.model);
  const { threads } = pool.stats();
  let tracker = createTracker();
  let counter = createLineCounter(options.geometry.lines);
  let zones = createZoneCounter(options.geometry.zones);
  const crossings: LineCrossing[] = [];
  const dismissals: Dismissal[] = [];
  const zoneEvents: ZoneEvent[] = [];
  const detectMs: number[] = [];
  const trackMs: number[] = [];
  const pending: Pending[] = [];

  const count = (step: LineCounterStep): void => {
    counter = step.state;
    crossings.push(...step.crossings);
    dismissals.push(...step.dismissals);
  };
  const finishOldest = async (): Promise<void> => {
    const oldest = pending.shift();
    const inference = await oldest?.inference;
    if (oldest === undefined || inference === undefined || inference === null) return;
    const startedAt = performance.now();
    const tracked = stepTracker(tracker, inference.detections, oldest.timeMs);
    const counted = stepLineCounter(counter, tracked.tracks, oldest.timeMs);
    const visited = stepZoneCounter(zones, tracked.tracks, oldest.timeMs);
    trackMs.push(performance.now() - startedAt);
    detectMs.push(inference.inferenceMs);
    tracker = tracked.state;
    zones = visited.state;
    count(counted);
    zoneEvents.push(...visited.events);
    onProgress(oldest.timeMs);
  };

  let frames = 0;
  for await (const frame of video.frames(card.shape, options.maxFps)) {
    if (pending.length >= threads) await finishOldest();
    // A name for each frame under way: to the pool, a newer frame of the same camera would replace it.
    const inference = pool.detect(`replay-${String(frames % threads)}`, options.model, frame);
    inference.catch(() => undefined); // Told when its turn comes.
    pending.push({ timeMs: frame.ticks90k / 90, inference });
    frames += 1;
  }
  while (pending.length > 0) await finishOldest();
  count(finishLineCounter(counter));
  const happenings = { events: zoneEvents, atEnd: finishZoneCounter(zones).events };
  return {
    model: card.name,
    frames,
    crossings,
    dismissals,
    tallies: counter.tallies,
    zones: happenings,
    detectMs,
    trackMs,
  };
}
