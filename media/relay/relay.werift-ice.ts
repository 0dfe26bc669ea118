import { randomBytes } from 'node:crypto';
import type { IceConnection, Message, RTCIceTransport } from 'werift';
import type { IceCredentials } from './whep-fragment.ts';

/**
 * ICE restarts (RFC 8445 section 9) of the relay's end on werift. Its own restart forgets the path in use, which would
 * silence the stream until the viewer has found one; here the old path is left with the first nomination of a new one.
 */
export class RestartableIce {
  #restarted: IceConnection | null = null;

  /** For werift's `iceFilterStunResponse`, which sees each check before werift acts on it. Lets all pass. */
  readonly see = (check: Message): true => {
    const named = String(check.getAttributeValue('USERNAME')).split(':')[0];
    if (named === this.#restarted?.localUsername && check.attributesKeys.includes('USE-CANDIDATE')) {
      this.#restarted?.resetNominatedPair();
      this.#restarted = null;
    }
    return true;
  };

  /** Returns the relay's new half. */
  restart({ connection }: RTCIceTransport, viewer: IceCredentials): IceCredentials {
    const own = { usernameFragment: randomBytes(4).toString('hex'), password: randomBytes(16).toString('hex') };
    connection.localUsername = own.usernameFragment;
    connection.localPassword = own.password;
    connection.setRemoteParams({ iceLite: false, ...viewer });
    this.#restarted = connection;
    return own;
  }
}
