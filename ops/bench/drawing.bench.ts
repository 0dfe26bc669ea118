import { measuredOn } from '#ops/replay/measured-on.ts';
import { runSteps, say } from '#ops/setup/step.ts';
import { testSteps } from '#ops/setup/steps.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { launchChromium } from '#ops/testkit/chromium.ts';
import { DrawingPage } from '#ops/testkit/drawing-page.ts';
import type { BenchResult } from './bench-result.ts';

const PEOPLE = 20;
const FRAMES = 600;
/** A phone's processor, as Chromium's own tools play it. */
const SLOWED_BY = 4;
const LEAST_FPS = 50;

/**
 * Boxes of twenty people, drawn by the product's own canvas layer at display rate in a Chromium slowed to a fourth. The
 * floor in the same run is the same page that draws nothing.
 */
export async function run(): Promise<BenchResult> {
  await runSteps(testSteps(readEnv()));
  const browser = await launchChromium();
  try {
    const drawing = await DrawingPage.open(await browser.newPage());
    await drawing.throttle(SLOWED_BY);
    await drawing.draw(PEOPLE, 60);
    say(`${String(FRAMES)} frames without drawing, then with ${String(PEOPLE)} people`);
    const floor = await drawing.draw(0, FRAMES, false);
    const { fps, workMs, layouts, styles } = await drawing.draw(PEOPLE, FRAMES);
    return {
      fps: round(fps),
      floorFps: round(floor.fps),
      ratioToFloor: Math.round((fps / floor.fps) * 100) / 100,
      workMs: round(workMs),
      layouts,
      styles,
      people: PEOPLE,
      frames: FRAMES,
      slowedBy: SLOWED_BY,
      missed: fps < LEAST_FPS ? [`fps ${fps.toFixed(1)} < ${String(LEAST_FPS)}`] : [],
      ...measuredOn(),
      runs: 1,
    };
  } finally {
    await browser.close();
  }
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
