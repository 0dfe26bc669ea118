import type { Availability } from '#protocol/leases.ts';
import type { WorkerOrders } from '#protocol/workers.ts';

export interface AvailabilitySituation extends WorkerOrders {
  /** The process is to end. */
  readonly isLeaving: boolean;
  /** Held now. */
  readonly cameras: number;
  /** It could not run one more well. */
  readonly isFull: boolean;
}

/** Whether a worker takes more cameras, or why not. A drained one without any is not leaving any more. */
export function availabilityOf(s: AvailabilitySituation): Availability {
  if (s.isLeaving || (s.drained && s.cameras > 0)) return 'leaving';
  if (s.drained || s.cordoned) return 'cordoned';
  return s.isFull ? 'full' : 'open';
}
