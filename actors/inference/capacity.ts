import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import type { DetectorPool } from './detector.port.ts';

const ROUNDS = 9;
/** In the first ones memory and caches are still cold. */
const COLD_ROUNDS = 4;
/** A fifth of all cameras with people, at 5 pictures a second, the others at one. */
const PICTURES_PER_CAMERA = 1.8;

/**
 * Beyond this many times its capacity a worker is full whatever its detectors seem to manage: it was measured within a moment
 * in which the machine may have been busy, and quiet cameras cost less.
 */
export const MOST_BY_CAPACITY = 2;

/**
 * How many cameras this machine's detectors can serve, from what they manage when nothing else is done. At least one.
 * Cameras are spread by it; what ends a worker's growth is detectors that have become short.
 */
export async function measureCapacity(pool: DetectorPool): Promise<number> {
  const { shape } = await pool.load(null);
  const { threads } = pool.stats();
  const roundsMs: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const startedAtMs = performance.now();
    await Promise.all(
      Array.from({ length: threads }, (_, thread) =>
        pool.detect(`measuring-${String(thread)}`, null, greyFrame(shape)),
      ),
    );
    roundsMs.push(performance.now() - startedAtMs);
  }
  // The fastest: whatever else the machine did in the others.
  const roundMs = Math.min(...roundsMs.slice(COLD_ROUNDS));
  return Math.max(1, Math.floor((threads * 1000) / roundMs / PICTURES_PER_CAMERA));
}

function greyFrame({ widthPx, heightPx }: FrameShape): AnalysisFrame {
  const letterbox = { scaledWidthPx: widthPx, scaledHeightPx: heightPx, offsetXPx: 0, offsetYPx: 0 };
  const rgb = new Uint8Array(widthPx * heightPx * 3).fill(114);
  return { rgb, widthPx, heightPx, letterbox, ticks90k: 0, receivedAtMs: 0 };
}
