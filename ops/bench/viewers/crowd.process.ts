import { answerParent } from './child-calls.ts';
import { Receiver } from './receiver.ts';
import type { Tally } from './sequence-tally.ts';

const receivers: Receiver[] = [];

function receiver(index: number): Receiver {
  const found = receivers[index];
  if (found === undefined) throw new Error(`there is no receiver ${String(index)}`);
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
  connected: ({ index }: { index: number }): Promise<void> => receiver(index).connected,
  mark: (): void => {
    for (const each of receivers) each.mark();
  },
  cipher: (): Promise<string | null> => receiver(0).cipher(),
  tallies: (): Tally[] => receivers.map((each) => each.tally()),
};

export type CrowdProcess = typeof methods;
answerParent(methods);
