import { createContext } from 'svelte';

/** The server's time, ticking once a second, so that countdowns agree with it whatever this machine's clock says. */
export class ServerClock {
  nowMs: number = $state(0);
  readonly #offsetMs: number;

  constructor(serverNowMs: number) {
    this.#offsetMs = serverNowMs - Date.now();
    this.nowMs = serverNowMs;
  }

  start(): () => void {
    const timer = setInterval(() => {
      this.nowMs = Date.now() + this.#offsetMs;
    }, 1_000);
    return () => {
      clearInterval(timer);
    };
  }
}

export const [serverClock, provideServerClock] = createContext<ServerClock>();
