import { isIP } from 'node:net';

const CHANGES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/**
 * Does the Host header name this machine? A page of another site can make its own name resolve to this server (DNS
 * rebinding) and would then count as same-origin; it cannot do that with an IP address, with localhost or with the
 * configured name.
 */
export function hostAllowed(host: string | null, configuredHost: string): boolean {
  if (host === null) return false;
  const name = hostName(host);
  if (name === null) return false;
  return (
    isIP(name.replace(/^\[|\]$/g, '')) !== 0 ||
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === configuredHost.toLowerCase()
  );
}

/** Did a page of this very server send it? No Origin header: not a browser's page, which has none of its user's powers. */
export function sameOrigin(origin: string | null, host: string | null): boolean {
  if (origin === null) return true;
  if (host === null) return false;
  try {
    return new URL(origin).host === new URL(`http://${host}`).host;
  } catch {
    return false;
  }
}

/** May this request change something? Refuses what another site's page makes a browser send (CSRF). */
export function changeAllowed(method: string, headers: Headers): boolean {
  if (!CHANGES.has(method)) return true;
  const site = headers.get('sec-fetch-site');
  if (site !== null && site !== 'same-origin' && site !== 'none') return false;
  return sameOrigin(headers.get('origin'), headers.get('host'));
}

function hostName(host: string): string | null {
  try {
    return new URL(`http://${host}`).hostname.toLowerCase();
  } catch {
    return null;
  }
}
