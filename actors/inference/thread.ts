import { Worker } from 'node:worker_threads';
import { AppError } from '#protocol/errors.ts';
import type { ThreadAnswer, ThreadMessage, ThreadRequest } from './thread-messages.ts';

/** Starting a thread brings in ONNX Runtime, loading reads and optimises a graph: slow on a busy machine, not for ever. */
const START_LIMIT_MS = 30_000;
const LOAD_LIMIT_MS = 60_000;

/** The part of a worker thread that is used here. */
export interface ThreadHandle {
  postMessage(request: ThreadRequest, moved: ArrayBuffer[]): void;
  terminate(): void;
}

export interface ThreadEvents {
  onMessage(message: ThreadMessage): void;
  /** Died by itself; may come more than once and after `terminate`. */
  onDeath(cause: unknown): void;
}

export type StartThread = (events: ThreadEvents) => ThreadHandle;

export const startWorkerThread: StartThread = (events) => {
  const worker = new Worker(new URL('./worker.ts', import.meta.url), { name: 'inference' });
  worker.on('message', (message: ThreadMessage) => {
    events.onMessage(message);
  });
  worker.on('error', (cause) => {
    events.onDeath(cause);
  });
  worker.on('exit', () => {
    events.onDeath(null);
  });
  return {
    postMessage: (request, moved) => {
      worker.postMessage(request, moved);
    },
    terminate: () => void worker.terminate(),
  };
};

interface Job {
  readonly limitMs: number;
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * One place for an inference thread. The thread in it is ended and replaced when it dies or does not answer in time; a
 * thread that never got ready is replaced only when there is work again, so that a broken installation does not spin.
 */
export class InferenceThread {
  private readonly start: StartThread;
  private handle: ThreadHandle | null = null;
  private isReady = false;
  private job: Job | null = null;
  private timer: NodeJS.Timeout | undefined;
  private restartCount = 0;

  constructor(start: StartThread) {
    this.start = start;
  }

  get isBusy(): boolean {
    return this.job !== null;
  }

  get restarts(): number {
    return this.restartCount;
  }

  /** `limitMs` counts from when a ready thread has the request; loading a model on the way has its own. */
  ask(request: ThreadRequest, limitMs: number, moved: ArrayBuffer[] = []): Promise<ThreadAnswer> {
    return new Promise((resolve, reject) => {
      this.job = { limitMs, resolve, reject };
      this.handle ??= this.startThread();
      this.arm(this.isReady ? limitMs : START_LIMIT_MS);
      this.handle.postMessage(request, moved);
    });
  }

  close(): void {
    const { handle } = this;
    this.handle = null;
    handle?.terminate();
    this.finish()?.reject(new AppError('aborted', 'the detector pool was closed'));
  }

  private startThread(): ThreadHandle {
    this.isReady = false;
    const handle = this.start({
      onMessage: (message) => {
        if (this.handle === handle) this.receive(message);
      },
      onDeath: (cause) => {
        if (this.handle === handle) this.replace(cause instanceof Error ? cause.message : 'it ended by itself', cause);
      },
    });
    return handle;
  }

  private receive(message: ThreadMessage): void {
    if (message.kind === 'ready') {
      this.isReady = true;
      if (this.job !== null) this.arm(this.job.limitMs);
    } else if (message.kind === 'loading') {
      this.arm(LOAD_LIMIT_MS);
    } else {
      this.finish()?.resolve(message);
    }
  }

  private arm(limitMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      this.replace(`it gave no answer for ${String(Math.round(limitMs))} ms`, null);
    }, limitMs);
  }

  private replace(why: string, cause: unknown): void {
    this.handle?.terminate();
    this.restartCount += 1;
    this.handle = this.isReady ? this.startThread() : null;
    const message = `an inference thread was replaced: ${why}`;
    this.finish()?.reject(new AppError('inference.failed', message, { cause }));
  }

  private finish(): Job | null {
    clearTimeout(this.timer);
    const { job } = this;
    this.job = null;
    return job;
  }
}
