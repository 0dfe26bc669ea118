import { AppError } from '#protocol/errors.ts';
import { candidateLine, type IceParts } from './whep-answer.ts';
import type { WhepOffer } from './whep.ts';

const MAX_FRAGMENT_CHARACTERS = 64 * 1024;
const ICE_TEXT = /^[A-Za-z0-9+/_-]{1,256}$/;

/** A viewer's half of an ICE session. */
export interface IceCredentials {
  readonly usernameFragment: string;
  readonly password: string;
}

/**
 * Reads the SDP fragment (RFC 8840) of a PATCH to the viewer whose ICE session has `usernameFragment`: the credentials of
 * an ICE restart, or null for candidates. Those need not be kept: both relays are ice-lite and learn a viewer's addresses
 * from its checks. Throws relay.fragment-rejected for what is no fragment or half a restart.
 */
export function readFragment(fragment: string, usernameFragment: string): IceCredentials | null {
  if (fragment.length > MAX_FRAGMENT_CHARACTERS) throw rejected('it is longer than 64 KiB');
  const lines = fragment.split(/\r?\n/);
  const named = valueOf(lines, 'a=ice-ufrag:');
  if (named === null && !says(lines, 'a=candidate:') && !says(lines, 'a=end-of-candidates')) {
    throw rejected('it has no candidate');
  }
  if (named === null || named === usernameFragment) return null;
  const password = valueOf(lines, 'a=ice-pwd:') ?? '';
  if (!ICE_TEXT.test(named) || !ICE_TEXT.test(password)) {
    throw rejected('it restarts ICE, and its a=ice-ufrag or a=ice-pwd is missing or malformed');
  }
  return { usernameFragment: named, password };
}

/** The answer to an ICE restart: the relay's new half, with every candidate in it. */
export function buildRestartFragment(offer: WhepOffer, parts: IceParts): string {
  return [
    'a=ice-lite',
    ...(offer.isBundled ? [`a=group:BUNDLE ${offer.mid}`] : []),
    `m=video 9 UDP/TLS/RTP/SAVPF ${String(offer.h264.payloadType)}`,
    `a=mid:${offer.mid}`,
    `a=ice-ufrag:${parts.usernameFragment}`,
    `a=ice-pwd:${parts.password}`,
    ...parts.candidates.map(candidateLine),
    'a=end-of-candidates',
    '',
  ].join('\r\n');
}

function valueOf(lines: readonly string[], start: string): string | null {
  return (
    lines
      .find((line) => line.startsWith(start))
      ?.slice(start.length)
      .trim() ?? null
  );
}

function says(lines: readonly string[], start: string): boolean {
  return lines.some((line) => line.startsWith(start));
}

function rejected(reason: string): AppError {
  return new AppError('relay.fragment-rejected', `the SDP fragment was refused: ${reason}`);
}
