import { ChildCalls } from './child-calls.ts';
import type { RelayUnderTest } from './relay-under-test.ts';
import type { RelayChoice, RelayProcess } from './relay.process.ts';

/** One of the product's relays, in a process of its own. */
export async function openOwnRelay(choice: RelayChoice): Promise<RelayUnderTest> {
  const process = new ChildCalls<RelayProcess>(new URL('relay.process.ts', import.meta.url));
  const rtpPort = await process.call('open', choice);
  return {
    rtpPort,
    pid: process.pid,
    join: async (crowd) => {
      const { index, sdp } = await crowd.call('offer', { address: choice.address });
      const answerSdp = await process.call('join', { offerSdp: sdp });
      await crowd.call('accept', { index, sdp: answerSdp ?? '' });
      return index;
    },
    close: () => process.close(),
  };
}
