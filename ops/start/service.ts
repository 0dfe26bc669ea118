/** One process the launcher keeps running. */
export interface Service {
  readonly name: string;
  /** Resolves once it serves; rejects when it cannot. Called again after each unexpected end. */
  start(): Promise<RunningService>;
}

export interface RunningService {
  readonly pid: number;
  /** Settles when the process is gone, with a sentence on how it ended. */
  readonly exited: Promise<string>;
  /** Asks it to end, insists after `limitMs`, resolves when it is gone. */
  stop(limitMs: number): Promise<void>;
}
