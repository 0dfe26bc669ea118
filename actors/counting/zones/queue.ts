/** How fast a queue moves: two sums that forget. Plain data. */
export interface QueuePace {
  /** Time in which somebody stood there. */
  readonly busyMs: number;
  readonly exits: number;
}

export const UNKNOWN_PACE: QueuePace = { busyMs: 0, exits: 0 };

/** So much time passed. Only time in which somebody waits says how fast a queue moves, so only that forgets the earlier. */
export function passQueueTime(pace: QueuePace, people: number, forMs: number, memoryMs: number): QueuePace {
  if (people === 0 || forMs <= 0) return pace;
  const kept = Math.exp(-forMs / memoryMs);
  return { busyMs: pace.busyMs * kept + memoryMs * (1 - kept), exits: pace.exits * kept };
}

export function leaveQueue(pace: QueuePace): QueuePace {
  return { ...pace, exits: pace.exits + 1 };
}

/**
 * How long somebody who joins now waits until all before them have left: W = L / λ (Little 1961, "A proof for the queuing
 * formula L = λW", Operations Research 9), with the present length for L and, for λ, those who left per time in which
 * somebody waited. That is the queue-length estimate of Ibrahim and Whitt 2009 ("Real-time delay estimation based on delay
 * history", M&SOM 11) with a measured rate; it follows a queue that grows at once, which a mean of past waits does not.
 * Null while nobody has left yet.
 */
export function estimatedWaitMs({ busyMs, exits }: QueuePace, people: number): number | null {
  if (people === 0) return 0;
  return exits === 0 ? null : (people * busyMs) / exits;
}
