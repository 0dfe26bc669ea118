import type { RunningService, Service } from '#ops/start/service.ts';

/** A process of the product that can be hurt. It dies with this one. */
export class Part {
  readonly name: string;
  readonly #service: Service;
  #running: RunningService | null = null;
  #restarting: Promise<void> | null = null;

  constructor(service: Service) {
    this.name = service.name;
    this.#service = service;
  }

  get isRunning(): boolean {
    return this.#running !== null;
  }

  /** Resolves when it serves. Rejects when it does not. */
  start(): Promise<void> {
    this.#restarting ??= this.#service
      .start()
      .then((running) => {
        this.#running = running;
        void running.exited.then(() => {
          if (this.#running === running) this.#running = null;
        });
      })
      .finally(() => (this.#restarting = null));
    return this.#restarting;
  }

  /** kill -9, whatever it does; resolves when it is gone. */
  async kill(): Promise<void> {
    const running = this.#running;
    if (running === null) return;
    process.kill(running.pid, 'SIGKILL');
    await running.exited;
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#running !== null) process.kill(this.#running.pid, signal);
  }
}
