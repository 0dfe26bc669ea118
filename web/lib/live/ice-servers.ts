const ASK_TIMEOUT_MS = 3_000;
/** Well within what credentials last: a session may restart ICE hours after it began. */
const GOOD_FOR_MS = 3_600_000;

/** STUN and TURN servers of `Link` headers with rel="ice-server" (RFC 9725 section 4.6, RFC 8288). */
export function iceServersIn(link: string | null): RTCIceServer[] {
  return Array.from((link ?? '').matchAll(/<([^>]*)>([^<]*)/g)).flatMap(([, urls = '', attributes = '']) => {
    const of = (name: string): string | undefined => new RegExp(`;\\s*${name}="([^"]*)"`).exec(attributes)?.[1];
    if (of('rel') !== 'ice-server') return [];
    const [username, credential] = [of('username'), of('credential')];
    return [{ urls, ...(username === undefined || credential === undefined ? {} : { username, credential }) }];
  });
}

let asked: { readonly atMs: number; readonly servers: Promise<RTCIceServer[]> } | null = null;

/**
 * The servers a session needs before its offer: browsers gather no others later. They are the same for every camera, so
 * one is asked now and then for all; where that fails the session does without.
 */
export function iceServersOf(endpoint: string): Promise<RTCIceServer[]> {
  const nowMs = performance.now();
  if (asked === null || nowMs - asked.atMs > GOOD_FOR_MS) {
    asked = {
      atMs: nowMs,
      servers: ask(endpoint).catch(() => {
        asked = null;
        return [];
      }),
    };
  }
  return asked.servers;
}

async function ask(endpoint: string): Promise<RTCIceServer[]> {
  const response = await fetch(endpoint, { method: 'OPTIONS', signal: AbortSignal.timeout(ASK_TIMEOUT_MS) });
  if (!response.ok) throw new Error(`the server answered ${String(response.status)}`);
  return iceServersIn(response.headers.get('link'));
}
