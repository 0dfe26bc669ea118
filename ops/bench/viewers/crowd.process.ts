import { answerParent } from './child-calls.ts';
import { Receiver } from './receiver.ts';
import type { Tally } from './sequence-tally.ts';

const CONNECT_WITHIN_MS = 15_000;

/** null: it did not connect and was given up. */
const receivers: (Receiver | null)[] = [];

function receiver(index: number): Receiver {
  const found = receivers[index];
  if (found === undefined || found === null) throw new Error(`there is no receiver ${String(index)}`);
  return found;
}

/** Many receivers in one process, so that their CPU can be told from the relay's. */
const methods = {
  /** A receiver that begins; the relay's answer goes to `accept`. */
  offer: async ({ address }: { address: string }): Promise<{ index: number; sdp: string }> => {
    const index = receivers.push(new Receiver(address)) - 1;
    return { index, sdp: await receiver(index).offer() };
  },
  accept: ({ index, sdp }: { index: number; sdp: string }): Promise<void> => receiver(index).accept(sdp),
  /** A receiver for a relay that begins. */
  answer: async ({ address, sdp }: { address: string; sdp: string }): Promise<{ index: number; sdp: string }> => {
    const index = receivers.push(new Receiver(address)) - 1;
    return { index, sdp: await receiver(index).answer(sdp) };
  },
  /** Whether it connects; if not, it is given up. */
  connected: async ({ index }: { index: number }): Promise<boolean> => {
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, CONNECT_WITHIN_MS, false));
    const isConnected = await Promise.race([receiver(index).connected, late]);
    if (!isConnected) {
      receiver(index).close();
      receivers[index] = null;
    }
    return isConnected;
  },
  mark: (): void => {
    for (const each of receivers) each?.mark();
  },
  cipher: (): Promise<string | null> => receiver(0).cipher(),
  tallies: (): Tally[] => receivers.filter((each) => each !== null).map((each) => each.tally()),
};

export type CrowdProcess = typeof methods;
answerParent(methods);
