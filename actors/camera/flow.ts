import type { CameraFlow } from '#protocol/flow.ts';
import { emptyResultSchema } from '#protocol/commands.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Bus, Closable } from '#ops/runtime/bus.port.ts';
import { FlowMeter } from './flow-meter.ts';
import { flowTotals, type MediaFigures, type OutputFigures } from './flow-totals.ts';

/** Knows what flows from one camera to its viewers and facts; somebody samples it now and then. */
export class Flow {
  readonly #meter = new FlowMeter();
  #boxes = 0;

  boxesSent(): void {
    this.#boxes += 1;
  }

  sample(media: MediaFigures, facts: { readonly decided: number; readonly waiting: number }, atMs: number): void {
    const output: OutputFigures = { boxes: this.#boxes, facts: facts.decided, factsWaiting: facts.waiting };
    this.#meter.sample(flowTotals(media, output), atMs);
  }

  read(): ReturnType<FlowMeter['read']> {
    return this.#meter.read();
  }
}

export function answerFlow(bus: Bus, camera: string, worker: string, flow: Flow, run: () => number): Closable {
  return bus.respond(subjects.cameraFlow(camera), emptyResultSchema, () =>
    Promise.resolve({ camera, worker, run: run(), ...flow.read() } satisfies CameraFlow),
  );
}
