import type { ChildCalls } from './child-calls.ts';
import type { CrowdProcess } from './crowd.process.ts';

/**
 * As what it is measured. Janus has no cached pictures for newcomers, so ours are held against it without; with them the
 * first four viewers have a stream of their own.
 */
export const RELAY_NAMES = ['mediasoup', 'mediasoup, cached GOP', 'werift', 'janus', 'janus, event_loops=2'] as const;
export type RelayName = (typeof RELAY_NAMES)[number];

/** A relay that is measured. It takes RTP in on a UDP port and sends it to whoever joined. The opener closes it. */
export interface RelayUnderTest {
  readonly rtpPort: number;
  /** The process whose CPU, with all its children's, is the relay's cost. */
  readonly pid: number;
  /** One receiver more in that process, by this index there; it may not be connected yet. */
  join(crowd: ChildCalls<CrowdProcess>): Promise<number>;
  close(): Promise<void>;
}
