import { Worker } from 'node:worker_threads';
import {
  sharedNumbers,
  type Channel,
  type DecodeThreadData,
  type ThreadReply,
  type ThreadRequest,
} from './decoder-messages.ts';

/** A thread that takes nothing off its port for this long is stuck in a native call; loading FFmpeg takes longer at times. */
const STUCK_AFTER_MS = 5_000;
const STARTS_WITHIN_MS = 30_000;
const WATCH_EVERY_MS = 1_000;
/** A thread that does not leave by itself is ended. */
const LEAVE_WITHIN_MS = 2_000;

/** What one camera's decoder hears from its thread. */
export interface ChannelEvents {
  onReply(reply: ThreadReply): void;
  /** The thread died or was given up; nothing more comes. `why` is for an operator. */
  onLost(why: string, cause: unknown): void;
}

/** One camera's place in a thread. */
export interface DecodeSeat {
  readonly channel: Channel;
  send(request: ThreadRequest, moved?: readonly ArrayBuffer[]): void;
  /** Nothing is heard afterwards. */
  leave(): void;
}

/** The part of a worker thread that is used here. */
export interface ThreadHandle {
  postMessage(request: ThreadRequest, moved: readonly ArrayBuffer[]): void;
  terminate(): void;
}

export interface ThreadEvents {
  onReply(reply: ThreadReply): void;
  onError(error: Error): void;
  onExit(): void;
}

export type StartThread = (workerData: DecodeThreadData, events: ThreadEvents) => ThreadHandle;

const startWorkerThread: StartThread = (workerData, { onReply, onError, onExit }) => {
  const worker = new Worker(new URL('./decoder-thread.ts', import.meta.url), { name: 'decode', workerData });
  worker.on('message', onReply);
  worker.on('error', onError);
  worker.on('exit', onExit);
  return {
    postMessage: (request, moved) => {
      worker.postMessage(request, moved);
    },
    terminate: () => void worker.terminate(),
  };
};

/**
 * A few threads that decode for many cameras. A thread is started with its first camera and ends with its last, unless it
 * is kept; a new camera goes where the fewest are. One that dies or hangs is told to its cameras only, and their next decoders get a
 * fresh one.
 */
export class DecodeThreads {
  private readonly most: number;
  private readonly start: StartThread;
  private readonly threads = new Set<DecodeThread>();
  private kept: readonly DecodeThread[] = [];
  private nextChannel = 1;

  constructor(most: number, start: StartThread = startWorkerThread) {
    this.most = most;
    this.start = start;
  }

  /** Starts so many threads, if so many are allowed, that stay without cameras, too. Returns how many. */
  keep(count: number): number {
    this.kept = Array.from({ length: Math.min(count, this.most) }, () => this.begin());
    return this.kept.length;
  }

  seat(events: ChannelEvents): DecodeSeat {
    const thread = this.leastBusy();
    const channel = this.nextChannel;
    this.nextChannel += 1;
    thread.seats.set(channel, events);
    return {
      channel,
      send: (request, moved = []) => {
        if (thread.seats.has(channel)) thread.send(request, moved);
      },
      leave: () => {
        if (!thread.seats.delete(channel) || thread.seats.size > 0 || this.kept.includes(thread)) return;
        this.threads.delete(thread);
        thread.leave();
      },
    };
  }

  /** Cameras in each thread. */
  stats(): readonly { readonly cameras: number }[] {
    return [...this.threads].map(({ seats }) => ({ cameras: seats.size }));
  }

  private leastBusy(): DecodeThread {
    const [least] = [...this.threads].sort((a, b) => a.seats.size - b.seats.size);
    if (least !== undefined && (least.seats.size === 0 || this.threads.size >= this.most)) return least;
    return this.begin();
  }

  private begin(): DecodeThread {
    const thread: DecodeThread = new DecodeThread(this.start, () => this.threads.delete(thread));
    this.threads.add(thread);
    return thread;
  }
}

class DecodeThread {
  readonly seats = new Map<Channel, ChannelEvents>();
  private readonly onGone: () => void;
  private readonly taken = sharedNumbers(1);
  private readonly worker: ThreadHandle;
  private readonly watch: NodeJS.Timeout;
  private deadline: NodeJS.Timeout | undefined;
  private sent = 0;
  private lastTaken = 0;
  private idleForMs = 0;

  constructor(start: StartThread, onGone: () => void) {
    this.onGone = onGone;
    this.worker = start(
      { taken: this.taken },
      {
        onReply: (reply) => {
          this.seats.get(reply.channel)?.onReply(reply);
        },
        onError: (error) => {
          this.lost(error.message, error);
        },
        onExit: () => {
          clearTimeout(this.deadline);
          this.lost('it ended by itself', null);
        },
      },
    );
    this.watch = setInterval(() => {
      this.look();
    }, WATCH_EVERY_MS);
    this.watch.unref();
  }

  send(request: ThreadRequest, moved: readonly ArrayBuffer[]): void {
    this.sent = (this.sent + 1) >>> 0;
    this.worker.postMessage(request, moved);
  }

  /** Asked to end between two pictures. */
  leave(): void {
    clearInterval(this.watch);
    this.worker.postMessage({ kind: 'leave' }, []);
    this.deadline = setTimeout(() => {
      this.worker.terminate();
    }, LEAVE_WITHIN_MS);
    this.deadline.unref();
  }

  private look(): void {
    const taken = Atomics.load(this.taken, 0);
    const isStill = taken === this.lastTaken && taken !== this.sent;
    this.idleForMs = isStill ? this.idleForMs + WATCH_EVERY_MS : 0;
    this.lastTaken = taken;
    if (this.idleForMs < (taken === 0 ? STARTS_WITHIN_MS : STUCK_AFTER_MS)) return;
    this.lost(`it did nothing for ${String(this.idleForMs / 1000)} s`, null);
    this.worker.terminate();
  }

  private lost(why: string, cause: unknown): void {
    clearInterval(this.watch);
    this.onGone();
    const seats = [...this.seats.values()];
    this.seats.clear();
    for (const { onLost } of seats) onLost(why, cause);
  }
}
