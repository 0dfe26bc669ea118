import { Worker } from 'node:worker_threads';
import { AppError } from '#protocol/errors.ts';
import type { ThreadAnswer, ThreadMessage, ThreadRequest } from './thread-messages.ts';

/** Starting a thread brings in ONNX Runtime, loading reads and optimises a graph: slow on a busy machine, not for ever. */
const START_LIMIT_MS = 30_000;
const LOAD_LIMIT_MS = 60_000;

/** Hung threads a place may leave behind. Each may hold a core and its models until it comes to itself. */
const MAX_LEFT_BEHIND = 2;

/**
 * The part of a worker thread that is used here. It is never terminated: when that meets a run of ONNX Runtime 1.30, its
 * binding throws where nothing can catch it and the whole process aborts. A thread asked to leave does so between runs.
 */
export interface ThreadHandle {
  postMessage(request: ThreadRequest, moved: ArrayBuffer[]): void;
  /** Resolves when the thread is gone. No longer keeps the process alive. */
  leave(): Promise<void>;
}

export interface ThreadEvents {
  onMessage(message: ThreadMessage): void;
  /** Died by itself; may come more than once and after `leave`. */
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
  const gone = new Promise<void>((resolve) => {
    worker.on('exit', () => {
      events.onDeath(null);
      resolve();
    });
  });
  return {
    postMessage: (request, moved) => {
      worker.postMessage(request, moved);
    },
    leave: () => {
      worker.unref();
      worker.postMessage({ kind: 'leave' } satisfies ThreadRequest);
      return gone;
    },
  };
};

interface Job {
  readonly limitMs: number;
  readonly resolve: (answer: ThreadAnswer) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * One place for an inference thread. The thread in it is replaced when it dies or does not answer in time; one that never
 * got ready is replaced only when there is work again, so that a broken installation does not spin.
 */
export class InferenceThread {
  private readonly start: StartThread;
  private handle: ThreadHandle | null = null;
  private isReady = false;
  private job: Job | null = null;
  private timer: NodeJS.Timeout | undefined;
  private leftBehind = 0;
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
      if (this.handle === null && this.leftBehind >= MAX_LEFT_BEHIND) {
        const message = `${String(this.leftBehind)} inference threads hang: restart the worker, or use another model`;
        reject(new AppError('inference.failed', message));
        return;
      }
      this.job = { limitMs, resolve, reject };
      this.handle ??= this.startThread();
      this.arm(this.isReady ? limitMs : START_LIMIT_MS);
      this.handle.postMessage(request, moved);
    });
  }

  /** Resolves when the thread is gone, which takes as long as the run it is in. */
  async close(): Promise<void> {
    const { handle } = this;
    this.handle = null;
    this.finish()?.reject(new AppError('aborted', 'the detector pool was closed'));
    await handle?.leave();
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
    this.leaveBehind();
    this.restartCount += 1;
    if (this.isReady && this.leftBehind < MAX_LEFT_BEHIND) this.handle = this.startThread();
    const message = `an inference thread was replaced: ${why}`;
    this.finish()?.reject(new AppError('inference.failed', message, { cause }));
  }

  private leaveBehind(): void {
    const { handle } = this;
    this.handle = null;
    if (handle === null) return;
    this.leftBehind += 1;
    void handle.leave().then(() => {
      this.leftBehind -= 1;
    });
  }

  private finish(): Job | null {
    clearTimeout(this.timer);
    const { job } = this;
    this.job = null;
    return job;
  }
}
