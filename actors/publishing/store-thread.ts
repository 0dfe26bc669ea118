import { Worker } from 'node:worker_threads';
import { AppError, type ErrorCode } from '#protocol/errors.ts';
import type { OutboxStore } from './outbox-store.ts';

export type StoreMethod = Exclude<keyof OutboxStore, symbol>;
export interface StoreCall {
  readonly id: number;
  readonly method: StoreMethod;
  readonly args: readonly unknown[];
}
export type StoreReply =
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly code: ErrorCode; readonly message: string } };

interface Pending {
  resolve(result: unknown): void;
  reject(error: AppError): void;
}

/** OutboxStore's methods across the thread's border. A thread that dies is started again by the next call. */
export class StoreThread {
  readonly #file: string;
  readonly #pending = new Map<number, Pending>();
  #worker: Worker | null = null;
  #lastId = 0;

  constructor(file: string) {
    this.#file = file;
  }

  call<M extends StoreMethod>(method: M, ...args: Parameters<OutboxStore[M]>): Promise<ReturnType<OutboxStore[M]>> {
    const id = (this.#lastId += 1);
    const worker = (this.#worker ??= this.#start());
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (result: unknown) => void, reject });
      worker.postMessage({ id, method, args } satisfies StoreCall);
    });
  }

  #start(): Worker {
    const worker = new Worker(new URL('./outbox-thread.ts', import.meta.url), {
      workerData: { file: this.#file },
      execArgv: ['--disable-warning=ExperimentalWarning'],
    });
    let death = 'it ended';
    worker.on('message', (reply: StoreReply) => {
      const pending = this.#pending.get(reply.id);
      this.#pending.delete(reply.id);
      if ('error' in reply) pending?.reject(new AppError(reply.error.code, reply.error.message));
      else pending?.resolve(reply.result);
    });
    worker.on('error', (error) => {
      death = error instanceof Error ? error.message : String(error);
    });
    worker.on('exit', () => {
      if (this.#worker === worker) this.#worker = null;
      const lost = [...this.#pending.values()];
      this.#pending.clear();
      for (const { reject } of lost)
        reject(new AppError('storage.unavailable', `the outbox's thread is gone: ${death}`));
    });
    return worker;
  }
}
