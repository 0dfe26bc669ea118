import { AppError } from '#protocol/errors.ts';

const MAX_FRAGMENT_CHARACTERS = 64 * 1024;

/**
 * Reads a trickled SDP fragment (RFC 8840) of a viewer whose offer had `usernameFragment`. There is nothing to keep:
 * both relays are ice-lite and learn a viewer's addresses from its checks. Throws relay.offer-rejected for what is no
 * fragment, and for new ICE credentials: a restart needs a new offer.
 */
export function checkFragment(fragment: string, usernameFragment: string): void {
  if (fragment.length > MAX_FRAGMENT_CHARACTERS) throw rejected('it is longer than 64 KiB');
  const lines = fragment.split(/\r?\n/);
  const named = lines
    .find((line) => line.startsWith('a=ice-ufrag:'))
    ?.slice('a=ice-ufrag:'.length)
    .trim();
  const says = (start: string): boolean => lines.some((line) => line.startsWith(start));
  if (named === undefined && !says('a=candidate:') && !says('a=end-of-candidates')) {
    throw rejected('it has no candidate');
  }
  if (named !== undefined && named !== usernameFragment) {
    throw rejected('it restarts ICE: send a new offer instead');
  }
}

function rejected(reason: string): AppError {
  return new AppError('relay.offer-rejected', `the trickled SDP fragment was refused: ${reason}`);
}
