import type { CameraConfig } from '#protocol/camera.ts';
import type { LineCrossed, Undecided } from '#protocol/facts.ts';
import { CameraTimeline } from '#media/timeline.ts';
import { Analysis } from '#actors/camera/analysis.ts';
import type { Detection } from '#actors/inference/detector.port.ts';
import { DetectorEye } from './detector-eye.ts';
import type { Filming, Scene } from './scene.ts';

/** Epoch ms of the scene's time 0. */
export const SCENE_EPOCH_MS = 1_800_000_000_000;
/** How long the camera looks on when everybody has gone: what is still open is decided by then. */
const LOOKS_ON_MS = 4_000;
/** A lease counts from a second after its first frame on; the camera sees the empty scene before. */
const LOOKS_BEFORE_MS = 1_500;
const NETWORK_JITTER_MS = 15;

/**
 * Films a scene and takes each frame through what a camera's frames go through behind the detector: timeline, tracker and
 * counter. Returns the crossings as they would be published.
 */
export async function runScene(scene: Scene, random: () => number): Promise<Undecided<LineCrossed>[]> {
  const crossings: Undecided<LineCrossed>[] = [];
  let now = 0;
  let detections: Detection[] = [];
  const clock = { monotonicMs: () => now, epochMs: () => SCENE_EPOCH_MS + now };
  const analysis = new Analysis(cameraWith(scene), {
    pool: { detect: () => Promise.resolve({ detections, model: 'synthetic', inferenceMs: 0 }) },
    monotonicMs: clock.monotonicMs,
    epochMs: clock.epochMs,
    onBoxes: () => undefined,
    onCrossing: (crossing) => crossings.push(crossing),
    onDismissal: () => undefined,
    onZoneFact: () => undefined,
    onFrame: () => undefined,
    onFrameLost: (error) => {
      throw error;
    },
  });
  const eye = new DetectorEye(scene, scene.flaws, random);
  const stream = new CameraTimeline(clock).stream('main');
  const firstRtp = Math.floor(random() * 2 ** 32);
  analysis.startRun();
  for (const { tMs, isNewRun } of frameTimes(scene, random)) {
    now = tMs + random() * NETWORK_JITTER_MS;
    if (isNewRun) {
      stream.restart();
      analysis.startRun();
    }
    const step = scene.filming.clockStep;
    const cameraMs = tMs + (step !== undefined && tMs >= step.atMs ? step.byMs : 0);
    const ticks90k = stream.ticksOf(((Math.round(cameraMs * 90) + firstRtp) % 2 ** 32) >>> 0, now);
    detections = eye.look(tMs);
    await analysis.accept({ ...EMPTY_PICTURE, ticks90k, receivedAtMs: now });
  }
  return crossings;
}

const EMPTY_PICTURE = {
  rgb: new Uint8Array(0),
  widthPx: 0,
  heightPx: 0,
  letterbox: { scaledWidthPx: 0, scaledHeightPx: 0, offsetXPx: 0, offsetYPx: 0 },
};

function cameraWith({ lines }: Scene): CameraConfig {
  return {
    ...{ id: 'synthetic', name: 'Synthetic', revision: 1, enabled: true, deleted: false, analysisFps: 10, model: null },
    ...{ mainUrl: 'rtsp://127.0.0.1/', subUrl: null, sealedCredentials: null, zones: [] },
    lines: [...lines],
  };
}

function* frameTimes({ people, filming }: Scene, random: () => number): Generator<{ tMs: number; isNewRun: boolean }> {
  const { rates, gaps = [], dropped = 0 }: Filming = filming;
  const lastMs = Math.max(...people.map(({ way }) => way.at(-1)?.tMs ?? 0)) + LOOKS_ON_MS;
  let tMs = Math.min(...people.map(({ way }) => way[0]?.tMs ?? 0)) - LOOKS_BEFORE_MS;
  let isNewRun = false;
  while (tMs < lastMs) {
    const gap = gaps.find(({ fromMs, toMs }) => tMs >= fromMs && tMs < toMs);
    if (gap !== undefined) isNewRun ||= gap.isNewRun === true;
    else if (random() >= dropped) {
      yield { tMs, isNewRun };
      isNewRun = false;
    }
    tMs += 1000 / (rates.findLast(({ fromMs }) => tMs >= fromMs)?.fps ?? 10);
  }
}
