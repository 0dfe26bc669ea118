import { expect, test } from 'vitest';
import { corsHeaders, isPreflight } from './cross-origin.ts';

const PLAYER = 'https://player.example';

function request(method: string, headers: Record<string, string>): Request {
  return new Request('http://127.0.0.1/whep/hall', { method, headers });
}
const post = request('POST', { origin: PLAYER });
const preflight = request('OPTIONS', { origin: PLAYER, 'access-control-request-method': 'POST' });

test('an allowed origin may read the answer and its WHEP headers, never with credentials', () => {
  const headers = corsHeaders(post, [PLAYER]);
  expect(headers.get('access-control-allow-origin')).toBe(PLAYER);
  expect(headers.get('access-control-expose-headers')).toBe(
    'Location, ETag, Link, Accept-Patch, Accept-Post, Retry-After',
  );
  expect(headers.get('vary')).toBe('Origin');
  expect(headers.has('access-control-allow-credentials')).toBe(false);
  expect(headers.has('access-control-allow-methods')).toBe(false);
});

test('a preflight is told methods and headers', () => {
  const headers = corsHeaders(preflight, [PLAYER]);
  expect(headers.get('access-control-allow-methods')).toContain('PATCH');
  expect(headers.get('access-control-allow-headers')).toContain('If-Match');
  expect(isPreflight(preflight)).toBe(true);
  expect(isPreflight(request('OPTIONS', { origin: PLAYER }))).toBe(false);
});

test('every origin is let in where all are', () => {
  const headers = corsHeaders(post, ['*']);
  expect(headers.get('access-control-allow-origin')).toBe('*');
  expect(headers.has('vary')).toBe(false);
});

test('another origin, and any where none is allowed, gets nothing to read with', () => {
  expect(Object.fromEntries(corsHeaders(post, ['https://player.example:8443']))).toEqual({ vary: 'Origin' });
  expect(corsHeaders(post, []).size).toBe(0);
  expect(Object.fromEntries(corsHeaders(request('POST', {}), [PLAYER]))).toEqual({ vary: 'Origin' });
});
