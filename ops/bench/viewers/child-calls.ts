import { fork, type ChildProcess } from 'node:child_process';
import { toAppError } from '#protocol/errors.ts';

/** Functions that one process answers to another. Arguments and results cross as JSON. */
export type Methods = Record<string, (argument: never) => unknown>;

interface Call {
  readonly id: number;
  readonly method: string;
  readonly argument: unknown;
}

type Outcome = { readonly id: number } & ({ readonly result: unknown } | { readonly failure: string });

/** A process of our own and the calls to it. The maker closes it. */
export class ChildCalls<M extends Methods> {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>();
  #nextId = 0;

  constructor(file: URL) {
    this.#child = fork(file, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.#child.on('message', (outcome: Outcome) => {
      const waiting = this.#waiting.get(outcome.id);
      this.#waiting.delete(outcome.id);
      if ('result' in outcome) waiting?.resolve(outcome.result);
      else waiting?.reject(new Error(outcome.failure));
    });
    this.#child.on('exit', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`${file.pathname} ended`));
      this.#waiting.clear();
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  async call<K extends keyof M & string>(method: K, argument: Parameters<M[K]>[0]): Promise<Awaited<ReturnType<M[K]>>> {
    const waiting = Promise.withResolvers<unknown>();
    const id = (this.#nextId += 1);
    this.#waiting.set(id, waiting);
    this.#child.send({ id, method, argument } satisfies Call);
    return (await waiting.promise) as Awaited<ReturnType<M[K]>>;
  }

  async close(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

/** The other end: answers its parent's calls for as long as there is a parent. */
export function answerParent(methods: Methods): void {
  process.on('message', (call: Call) => {
    void answer(methods, call).then((outcome) => process.send?.(outcome));
  });
  process.on('disconnect', () => process.exit());
}

async function answer(methods: Methods, { id, method, argument }: Call): Promise<Outcome> {
  try {
    return { id, result: (await methods[method]?.(argument as never)) ?? null };
  } catch (error) {
    return { id, failure: toAppError(error).message };
  }
}
