import { createHmac } from 'node:crypto';

/** Longer than anybody watches at a stretch; a session that is up needs none anew until it restarts ICE. */
const CREDENTIALS_VALID_S = 12 * 3600;
const USER = 'viewer';

export interface IceServerSettings {
  /** `stun:`, `stuns:` (RFC 7064), `turn:` or `turns:` (RFC 7065). */
  readonly urls: readonly string[];
  /** Shared with the TURN server; null only where no address is a TURN server's. */
  readonly turnSecret: string | null;
}

/**
 * The values of `Link` headers that tell a player its STUN and TURN servers (RFC 9725 section 4.6). TURN credentials are
 * those of coturn's `use-auth-secret`: the user name says until when, the password is its HMAC-SHA1 with the secret.
 */
export function iceServerLinks({ urls, turnSecret }: IceServerSettings, nowMs: number): string[] {
  const username = `${String(Math.floor(nowMs / 1000) + CREDENTIALS_VALID_S)}:${USER}`;
  return urls.map((url) => {
    if (!url.startsWith('turn') || turnSecret === null) return `<${url}>; rel="ice-server"`;
    const credential = createHmac('sha1', turnSecret).update(username).digest('base64');
    return `<${url}>; rel="ice-server"; username="${username}"; credential="${credential}"; credential-type="password"`;
  });
}
