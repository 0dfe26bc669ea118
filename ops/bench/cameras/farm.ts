import { fork, type ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import type { Fault } from '#media/simulator/camera-faults.ts';
import type { TrueCrossing } from '#media/simulator/camera-truth.ts';
import { cpuMsOf } from './process-cpu.ts';
import type { FarmCamera, FarmReply, FarmRequest } from './farm.process.ts';

const CAMERAS_PER_PROCESS = 50;

interface Part {
  readonly child: ChildProcess;
  readonly port: number;
  readonly cameras: readonly string[];
}

/** The simulators' processes. The opener closes it. */
export class Farm {
  readonly #parts: readonly Part[];

  private constructor(parts: readonly Part[]) {
    this.#parts = parts;
  }

  static async open(cameras: readonly FarmCamera[], cacheDir: string): Promise<Farm> {
    const parts: Part[] = [];
    for (let first = 0; first < cameras.length; first += CAMERAS_PER_PROCESS) {
      const some = cameras.slice(first, first + CAMERAS_PER_PROCESS);
      const child = fork(join(import.meta.dirname, 'farm.process.ts'), { execArgv: [] });
      const ready = await ask(child, { kind: 'open', cameras: some, cacheDir }, 'ready');
      parts.push({ child, port: ready.port, cameras: some.map(({ name }) => name) });
    }
    return new Farm(parts);
  }

  urlOf(camera: string): string {
    const part = this.#parts.find(({ cameras }) => cameras.includes(camera));
    return `rtsp://127.0.0.1:${String(part?.port)}/${camera}/sub`;
  }

  /** Null recovers. */
  setFault(camera: string, fault: Fault | null): void {
    const request: FarmRequest = { kind: 'fault', camera, fault };
    for (const { child, cameras } of this.#parts) if (cameras.includes(camera)) child.send(request);
  }

  /** By camera, since it began to play. */
  async truth(): Promise<Map<string, readonly TrueCrossing[]>> {
    const replies = await Promise.all(this.#parts.map(({ child }) => ask(child, { kind: 'truth' }, 'truth')));
    return new Map(replies.flatMap(({ crossings }) => Object.entries(crossings)));
  }

  cpuMs(): number {
    return this.#parts.reduce((sum, { child }) => sum + cpuMsOf(child.pid ?? 0), 0);
  }

  close(): void {
    for (const { child } of this.#parts) child.kill();
  }
}

function ask<K extends FarmReply['kind']>(
  child: ChildProcess,
  request: FarmRequest,
  kind: K,
): Promise<Extract<FarmReply, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const ended = (): void => {
      reject(new Error('a process of simulated cameras ended'));
    };
    child.once('exit', ended);
    child.once('message', (reply: FarmReply) => {
      child.off('exit', ended);
      if (reply.kind === kind) resolve(reply as Extract<FarmReply, { kind: K }>);
      else reject(new Error(`the simulated cameras answered "${reply.kind}"`));
    });
    child.send(request);
  });
}
