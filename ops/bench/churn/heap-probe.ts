import { WebSocket } from 'ws';

const OPENS_WITHIN_MS = 10_000;

/** Looks into a Node process from outside: collects its garbage and reads its heap. The opener closes it. */
export class HeapProbe {
  readonly #socket: WebSocket;
  #lastId = 0;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
  }

  /** The process must have been started with `--inspect-port=0`; `logOf` reads what it writes to stderr. */
  static async open(pid: number, logOf: () => string): Promise<HeapProbe> {
    process.kill(pid, 'SIGUSR1');
    const socket = new WebSocket(await addressIn(logOf));
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return new HeapProbe(socket);
  }

  /** Bytes in use right after a full collection: JavaScript's heap, and buffers outside it. */
  async usedBytes(): Promise<{ readonly heap: number; readonly buffers: number }> {
    await this.#call('HeapProfiler.collectGarbage');
    const { usedSize, backingStorageSize } = await this.#call<HeapUsage>('Runtime.getHeapUsage');
    return { heap: usedSize, buffers: backingStorageSize };
  }

  /** Where its main thread spends its time, as Chrome's profiler has it. */
  async cpuProfile(forMs: number): Promise<CpuProfile> {
    await this.#call('Profiler.enable');
    await this.#call('Profiler.start');
    await new Promise((resolve) => setTimeout(resolve, forMs));
    return (await this.#call<{ profile: CpuProfile }>('Profiler.stop')).profile;
  }

  close(): void {
    this.#socket.close();
  }

  #call<T>(method: string): Promise<T> {
    const id = (this.#lastId += 1);
    return new Promise((resolve, reject) => {
      const listen = (data: Buffer): void => {
        const message = JSON.parse(data.toString()) as { id?: number; result?: T; error?: { message: string } };
        if (message.id !== id) return;
        this.#socket.off('message', listen);
        if (message.result === undefined) reject(new Error(`${method}: ${message.error?.message ?? 'no answer'}`));
        else resolve(message.result);
      };
      this.#socket.on('message', listen);
      this.#socket.send(JSON.stringify({ id, method }));
    });
  }
}

/** Part of DevTools' Profiler.Profile: a tree of calls, and which of them was seen how often at its end. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string };
    readonly hitCount?: number;
    readonly children?: readonly number[];
  }[];
}

interface HeapUsage {
  readonly usedSize: number;
  readonly backingStorageSize: number;
}

async function addressIn(logOf: () => string): Promise<string> {
  const deadline = performance.now() + OPENS_WITHIN_MS;
  for (;;) {
    const address = [...logOf().matchAll(/ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/g)].at(-1)?.[0];
    if (address !== undefined) return address;
    if (performance.now() > deadline) throw new Error('the process opened no inspector within 10 s');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
