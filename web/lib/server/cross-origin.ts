/** Origins whose pages may play video from here besides this server's own; `*`: every origin's. */
export type AllowedOrigins = readonly string[];

const METHODS = 'GET, POST, PATCH, DELETE, OPTIONS';
/** What WHEP's requests carry; a bearer token too, as players send one if they are given one. */
const REQUEST_HEADERS = 'Content-Type, If-Match, Authorization, Link';
const RESPONSE_HEADERS = 'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After';
const PREFLIGHT_MAX_AGE_S = '7200';

export function originAllowed(origin: string | null, allowed: AllowedOrigins): boolean {
  return origin !== null && (allowed.includes('*') || allowed.includes(origin));
}

/** Did a browser send this OPTIONS by itself, to ask whether a page may (Fetch, CORS-preflight request)? */
export function isPreflight({ method, headers }: Request): boolean {
  return method === 'OPTIONS' && headers.has('origin') && headers.has('access-control-request-method');
}

/**
 * Headers that let a page of an allowed origin read the answer. Never with credentials: no site may use the cookies of
 * this one. With an empty list there are none.
 */
export function corsHeaders(request: Request, allowed: AllowedOrigins): ReadonlyMap<string, string> {
  if (allowed.length === 0) return new Map();
  const origin = request.headers.get('origin');
  const vary: [string, string][] = allowed.includes('*') ? [] : [['vary', 'Origin']];
  if (!originAllowed(origin, allowed)) return new Map(vary);
  return new Map([
    ...vary,
    ['access-control-allow-origin', allowed.includes('*') ? '*' : (origin ?? '')],
    ['access-control-expose-headers', RESPONSE_HEADERS],
    // Else a page that isolates itself could not use the answer.
    ['cross-origin-resource-policy', 'cross-origin'],
    ...(isPreflight(request)
      ? ([
          ['access-control-allow-methods', METHODS],
          ['access-control-allow-headers', REQUEST_HEADERS],
          ['access-control-max-age', PREFLIGHT_MAX_AGE_S],
        ] as const)
      : []),
  ]);
}
