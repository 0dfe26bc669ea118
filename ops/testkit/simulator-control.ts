import type { CrossingsSoFar, TrueCrossing } from '#media/simulator/camera-truth.ts';
import type { TrueBox } from '#media/simulator/truth.ts';

/** The simulator's remote control: faults on command, and the truth about what its cameras show. */
export class SimulatorControl {
  readonly #root: string;

  constructor(port: number) {
    this.#root = `http://127.0.0.1:${String(port)}/cameras`;
  }

  async crossings(camera: string, sinceMs = 0): Promise<readonly TrueCrossing[]> {
    const { crossings } = await this.#get<CrossingsSoFar>(`${camera}/truth?since=${String(sinceMs)}`);
    return crossings;
  }

  async boxes(camera: string, atMs: number): Promise<TrueBox[]> {
    const { boxes } = await this.#get<{ boxes: TrueBox[] | null }>(`${camera}/boxes?at=${String(atMs)}`);
    return boxes ?? [];
  }

  async fault(camera: string, fault: { kind: string } & Record<string, unknown>): Promise<void> {
    const response = await fetch(`${this.#root}/${camera}/fault`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(fault),
    });
    if (!response.ok) throw new Error(`fault ${fault.kind}: ${await response.text()}`);
  }

  async #get<T>(path: string): Promise<T> {
    const response = await fetch(`${this.#root}/${path}`);
    if (!response.ok) throw new Error(`${path}: ${await response.text()}`);
    return (await response.json()) as T;
  }
}
