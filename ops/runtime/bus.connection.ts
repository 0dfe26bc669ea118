import { connect, type NatsConnection } from 'nats';
import { AppError } from '#protocol/errors.ts';
import type { Closable } from './bus.port.ts';
import { readSecretFile } from './env.ts';
import type { Log } from './log.ts';

export interface BusOptions {
  /** One server or several of a cluster, separated by commas: when one dies, the connection moves to another. */
  readonly url: string;
  readonly user: string | null;
  readonly passwordFile: string | null;
  /** Shown in the server's list of connections. */
  readonly name: string;
  readonly log: Log;
}

const RECONNECT_WAIT_MS = 250;
/**
 * A server that hangs is given up after three of these: a worker that moved to another then renews its heartbeat before the
 * others take it for dead.
 */
const PING_INTERVAL_MS = 750;
const CLOSE_LIMIT_MS = 2_000;

/** One NATS connection that reconnects for ever. `generation` counts its sessions, so that a loop can tell a new one. */
export class BusConnection {
  readonly nc: NatsConnection;
  readonly log: Log;
  readonly #listeners = new Set<(connected: boolean) => void>();
  #connected = true;
  #generation = 1;
  #closing = false;

  private constructor(nc: NatsConnection, log: Log) {
    this.nc = nc;
    this.log = log;
    void this.#follow();
    void nc.closed().then((error) => {
      this.#set(false);
      if (!this.#closing)
        log.error({ error: error ?? null }, 'the connection to NATS closed for good: restart this process');
    });
  }

  /** Waits for the first connection as long as it takes, also through refused logins. Throws secret.unreadable. */
  static async open(options: BusOptions): Promise<BusConnection> {
    const login = options.passwordFile === null ? {} : { pass: readSecretFile(options.passwordFile) };
    const waiting = setInterval(() => {
      options.log.warn({ server: options.url }, 'waiting for NATS: is it running, and is the login right?');
    }, 10_000);
    try {
      const nc = await connect({
        servers: options.url.split(',').map((server) => server.trim()),
        name: options.name,
        ...(options.user === null ? {} : { user: options.user }),
        ...login,
        waitOnFirstConnect: true,
        maxReconnectAttempts: -1,
        ignoreAuthErrorAbort: true,
        // The client would begin with the one it has just lost, and wait for it if it hangs.
        reconnectToServer: (known) => known.toSorted((a, b) => a.lastConnect - b.lastConnect)[0] ?? null,
        reconnectTimeWait: RECONNECT_WAIT_MS,
        reconnectJitter: 100,
        pingInterval: PING_INTERVAL_MS,
        maxPingOut: 2,
        timeout: 5_000,
      });
      return new BusConnection(nc, options.log);
    } catch (cause) {
      throw new AppError('bus.unavailable', `cannot connect to NATS at ${options.url}: check NATS_URL and the login`, {
        cause,
      });
    } finally {
      clearInterval(waiting);
    }
  }

  get connected(): boolean {
    return this.#connected && !this.nc.isClosed();
  }

  get generation(): number {
    return this.#generation;
  }

  onConnection(listener: (connected: boolean) => void): Closable {
    this.#listeners.add(listener);
    return { close: () => this.#listeners.delete(listener) };
  }

  /** Throws bus.unavailable at once while disconnected: the client would keep the message in memory instead. */
  demand(doing: string): void {
    if (!this.connected) throw new AppError('bus.unavailable', `${doing}: not connected to NATS`);
  }

  /** The work's outcome, or bus.unavailable as soon as the connection is lost: the client itself would wait for its timeout. */
  async orLost<T>(work: Promise<T>): Promise<T> {
    let listener: Closable | undefined;
    const lost = new Promise<never>((_, reject) => {
      listener = this.onConnection((connected) => {
        if (!connected)
          reject(new AppError('bus.unavailable', 'the connection to NATS was lost before an answer came'));
      });
    });
    try {
      return await Promise.race([work, lost]);
    } finally {
      listener?.close();
    }
  }

  /** Resolves when connected, or when `signal` aborts. */
  async untilConnected(signal: AbortSignal): Promise<void> {
    if (this.connected || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const listener = this.onConnection((connected) => {
        if (connected) done();
      });
      const done = (): void => {
        listener.close();
        signal.removeEventListener('abort', done);
        resolve();
      };
      signal.addEventListener('abort', done);
    });
  }

  async close(): Promise<void> {
    this.#closing = true;
    if (this.connected) {
      await Promise.race([this.nc.flush().catch(() => undefined), delay(CLOSE_LIMIT_MS)]);
    }
    await this.nc.close().catch(() => undefined);
  }

  async #follow(): Promise<void> {
    for await (const status of this.nc.status()) {
      if (status.type === 'disconnect') {
        this.#set(false);
      } else if (status.type === 'reconnect') {
        this.#generation += 1;
        this.#set(true);
      } else if (status.type === 'error') {
        this.log.warn({ error: status.error }, 'NATS reported an error');
      }
    }
  }

  #set(connected: boolean): void {
    if (this.#connected === connected) return;
    this.#connected = connected;
    if (!this.#closing) {
      if (connected) this.log.info('connected to NATS again');
      else this.log.warn('lost the connection to NATS: trying again for ever');
    }
    for (const listener of [...this.#listeners]) listener(connected);
  }
}

/** Any failure of a NATS call as AppError bus.unavailable that says what was being done. */
export function unavailable(doing: string, cause: unknown): AppError {
  if (cause instanceof AppError) return cause;
  return new AppError('bus.unavailable', `${doing}: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}

/** Unreferenced, so that a waiting loop keeps no process alive. */
export function delay(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms).unref();
  });
}
