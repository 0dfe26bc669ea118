import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import type { DetectorPool } from './detector.port.ts';

const PICTURES_PER_THREAD = 5;
/** A fifth of all cameras with people, at 5 pictures a second, the others at one. */
const PICTURES_PER_CAMERA = 1.8;
/** Of a core's time that a camera costs, what detecting is; measured with fifty cameras. */
const DETECTING_FRAC = 0.6;

/** How many cameras this machine's detectors can serve, from what they manage when nothing else is done. At least one. */
export async function measureCapacity(pool: DetectorPool): Promise<number> {
  const { shape } = await pool.load(null);
  const { threads } = pool.stats();
  for (let i = 0; i < PICTURES_PER_THREAD; i += 1) {
    const pictures = Array.from({ length: threads }, (_, thread) =>
      pool.detect(`measuring-${String(thread)}`, null, greyFrame(shape)),
    );
    await Promise.all(pictures);
  }
  const { capacityFps } = pool.stats();
  return Math.max(1, Math.floor(((capacityFps ?? 0) * DETECTING_FRAC) / PICTURES_PER_CAMERA));
}

function greyFrame({ widthPx, heightPx }: FrameShape): AnalysisFrame {
  const letterbox = { scaledWidthPx: widthPx, scaledHeightPx: heightPx, offsetXPx: 0, offsetYPx: 0 };
  const rgb = new Uint8Array(widthPx * heightPx * 3).fill(114);
  return { rgb, widthPx, heightPx, letterbox, ticks90k: 0, receivedAtMs: 0 };
}
