import { expect, it } from 'vitest';
import { Message, type RTCIceTransport } from 'werift';
import { RestartableIce } from './relay.werift-ice.ts';

const viewer = { usernameFragment: 'ysXw', password: 'vw5LmwG4y' };

function open(): { ice: RestartableIce; transport: RTCIceTransport; resets: () => number } {
  let resets = 0;
  const connection = {
    localUsername: 'old0',
    localPassword: 'old',
    setRemoteParams: () => undefined,
    resetNominatedPair: () => {
      resets += 1;
    },
  };
  return { ice: new RestartableIce(), transport: { connection } as unknown as RTCIceTransport, resets: () => resets };
}

function check(relayUser: string, nominates: boolean): Message {
  const message = new Message(1, 0);
  message.setAttribute('USERNAME', `${relayUser}:ysXw`);
  if (nominates) message.setAttribute('USE-CANDIDATE', null);
  return message;
}

it('leaves the old path with the first nomination of a new one, and not before', () => {
  const { ice, transport, resets } = open();
  expect(ice.see(check('old0', true))).toBe(true);
  const { usernameFragment } = ice.restart(transport, viewer);
  expect(usernameFragment).not.toBe('old0');
  ice.see(check('old0', true));
  ice.see(check(usernameFragment, false));
  expect(resets()).toBe(0);
  ice.see(check(usernameFragment, true));
  ice.see(check(usernameFragment, true));
  expect(resets()).toBe(1);
});
