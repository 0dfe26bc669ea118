import type { CDPSession, Page } from 'playwright-core';
import { openModulePage } from './browser-module.ts';

/** What drawing cost over some frames at display rate. */
export interface Drawing {
  readonly frames: number;
  readonly fps: number;
  /** Median time of one frame's work in the page's own thread, ms. */
  readonly workMs: number;
  /** Layouts and style recalculations the browser had to do meanwhile. */
  readonly layouts: number;
  readonly styles: number;
  /** Share of the canvas's pixels with something on them at the end. */
  readonly inkFrac: number;
}

/** Draws walking people with the product's own canvas layer, in a page of its own. */
export class DrawingPage {
  readonly #page: Page;
  readonly #devtools: CDPSession;

  private constructor(page: Page, devtools: CDPSession) {
    this.#page = page;
    this.#devtools = devtools;
  }

  static async open(page: Page): Promise<DrawingPage> {
    await openModulePage(page, ['web/lib/video/boxes-layer.ts'], HTML);
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('Performance.enable');
    return new DrawingPage(page, devtools);
  }

  /** 1: as fast as the machine is; 4: a fourth of that. */
  async throttle(rate: number): Promise<void> {
    await this.#devtools.send('Emulation.setCPUThrottlingRate', { rate });
  }

  /** `people` 0 and no layer: what the browser does by itself at display rate. */
  async draw(people: number, frames: number, withLayer = true): Promise<Drawing> {
    const before = await this.#counters();
    const told = await this.#page.evaluate<Pick<Drawing, 'fps' | 'workMs' | 'inkFrac'>>(
      `drawPeople(${JSON.stringify({ people, frames, withLayer })})`,
    );
    const after = await this.#counters();
    return { frames, ...told, layouts: after.layouts - before.layouts, styles: after.styles - before.styles };
  }

  async #counters(): Promise<{ layouts: number; styles: number }> {
    const { metrics } = await this.#devtools.send('Performance.getMetrics');
    const valueOf = (name: string): number => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
    return { layouts: valueOf('LayoutCount'), styles: valueOf('RecalcStyleCount') };
  }
}

/** Analysed ten times a second, shown at display rate; everybody has a name tag and a way behind them. */
const HTML = `<!doctype html><title>Drawing</title>
<style>
  :root { --overlay-box: #7ff0c9; --overlay-shade: rgb(0 0 0 / 0.4); --overlay-ink: #05231b }
  body { margin: 0 } canvas { display: block; width: 960px; height: 540px }
</style>
<canvas></canvas>
<script type="module">
import { BoxesLayer } from '/module.js';
const TICKS_PER_MS = 90;
const START = 1795320944106 * TICKS_PER_MS;
const canvas = document.querySelector('canvas');
const layer = new BoxesLayer();
layer.attach(true)(canvas);
let shownMs = 0;
let analysedMs = -Infinity;

const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
const peopleAt = (ms, people) => Array.from({ length: people }, (_, id) => {
  const x = 0.05 + 0.9 * Math.abs(((ms / 8000 + id / people) % 2) - 1);
  const y = 0.1 + 0.5 * ((id * 7) % people) / people;
  return { id, box: [x - 0.03, y, x + 0.03, y + 0.3], score: 0.9, velocity: [0.1, 0] };
});

window.drawPeople = async ({ people, frames, withLayer }) => {
  while (canvas.width === 300) await frame();
  await frame();
  const works = [];
  const startedAt = performance.now();
  for (let i = 0; i < frames; i++) {
    const at = await frame();
    const workFrom = performance.now();
    shownMs = at;
    if (withLayer) {
      if (shownMs - analysedMs >= 100) {
        analysedMs = shownMs;
        layer.history.push({ camera: 'c', run: 1, ticks90k: START + analysedMs * TICKS_PER_MS, sentAtMs: 0, tracks: peopleAt(analysedMs, people) });
      }
      layer.onFrame({ rtpTimestamp: Math.round(START + shownMs * TICKS_PER_MS) >>> 0, estimated: false, receivedAtMs: null });
    }
    works.push(performance.now() - workFrom);
  }
  const fps = frames / ((performance.now() - startedAt) / 1000);
  const workMs = works.sort((a, b) => a - b)[Math.floor(frames / 2)];
  return { fps, workMs, inkFrac: inkOf() };
};

const inkOf = () => {
  const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  let inked = 0;
  for (let i = 3; i < data.length; i += 4) inked += data[i] > 0;
  return inked / (data.length / 4);
};
</script>`;
