import { createScene } from '#media/simulator/scene.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { say } from '#ops/setup/step.ts';
import { Product } from '#ops/testkit/product.ts';
import { Farm } from './farm.ts';
import type { FarmCamera } from './farm.process.ts';
import { LOOPS } from './loops.ts';
import { Observer } from './observer.ts';

export const ANALYSIS_FPS = 5;
const WORKER = 'bench';
const ALL_LIVE_WITHIN_MS = 120_000;

/** Simulated cameras, a whole product that counts at them, and what it tells meanwhile. The opener closes it. */
export class WatchedFarm {
  readonly farm: Farm;
  readonly product: Product;
  readonly observer: Observer;
  /** The product's names of the cameras, in their order. */
  readonly ids: string[] = [];
  readonly #bus: Bus;
  #closing: Promise<void> | null = null;

  private constructor(farm: Farm, product: Product, bus: Bus) {
    this.farm = farm;
    this.product = product;
    this.observer = new Observer(bus, WORKER);
    this.#bus = bus;
  }

  /** Returns once a detector has looked at every camera. */
  static async open(cameras: readonly FarmCamera[], cacheDir: string): Promise<WatchedFarm> {
    const farm = await Farm.open(cameras, cacheDir);
    const product = await Product.start({
      simulatedCameras: 'none',
      env: { NODE_OPTIONS: '--inspect-port=127.0.0.1:0', FOOTFALL_WORKER_ID: WORKER },
    });
    const watched = new WatchedFarm(farm, product, await product.bus());
    try {
      for (const camera of cameras) watched.ids.push(await addCamera(product.url, camera, farm.urlOf(camera.name)));
      await untilAllDecode(watched.observer, cameras.length);
      return watched;
    } catch (error) {
      await watched.close();
      throw error;
    }
  }

  get workerPid(): number {
    return this.product.pidOf('worker');
  }

  /** Once, however often it is asked for. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.observer.close();
    await this.#bus.close();
    await this.product.stop();
    this.farm.close();
    this.product.remove();
  }
}

/** Those with people are spread among the others; all begin at phases of their own. */
export function lineUp(count: number, active: number): FarmCamera[] {
  const full = LOOPS.filter(({ isEmpty }) => !isEmpty);
  const empty = LOOPS.filter(({ isEmpty }) => isEmpty);
  const every = count / active;
  return Array.from({ length: count }, (_, i) => {
    const loops = Math.floor((i + 1) / every) > Math.floor(i / every) ? full : empty;
    const loop = loops[Math.floor(i / every) % loops.length] ?? loops[0];
    if (loop === undefined) throw new Error('there is no loop');
    return { name: `cam-${String(i + 1)}`, loop, gop: (i * 7) % 36 };
  });
}

/** With its scene's line. Returns the product's name of it. */
async function addCamera(product: string, { name, loop }: FarmCamera, url: string): Promise<string> {
  const body = { name, url, subUrl: '', analysisFps: String(ANALYSIS_FPS), addAnyway: true };
  const { camera } = (await send(product, 'POST', '/api/v1/cameras', body)) as { camera: { id: string } };
  const lines = [createScene(loop.scene, loop.seed).line];
  await send(product, 'PUT', `/api/v1/cameras/${camera.id}/geometry`, { lines, zones: [] });
  return camera.id;
}

async function send(product: string, method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${product}${path}`, {
    method,
    headers: { 'content-type': 'application/json', origin: product },
    body: JSON.stringify(body),
  });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return response.json();
}

async function untilAllDecode(observer: Observer, count: number): Promise<void> {
  const deadline = performance.now() + ALL_LIVE_WITHIN_MS;
  for (;;) {
    const { cameras } = await observer.stats();
    const alive = cameras.filter(({ inferences }) => inferences > 0).length;
    if (alive === count) return;
    if (performance.now() > deadline) {
      const waiting = observer.reasons().slice(0, 5).join('; ');
      throw new Error(`only ${String(alive)} of ${String(count)} cameras are analysed: ${waiting}`);
    }
    say(`${String(alive)} of ${String(count)} cameras are analysed`);
    await new Promise((resolve) => setTimeout(resolve, 2_000));
  }
}
