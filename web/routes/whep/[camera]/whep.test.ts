import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { openViewing } from '#web/lib/server/viewing.ts';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import { fallback, GET, OPTIONS, POST } from './+server.ts';
import { DELETE, PATCH } from './[viewer]/+server.ts';

const VIEWER = '0123456789abcdef0123456789abcdef';
const ask = vi.fn<(subject: string, message: unknown) => Promise<unknown>>();

beforeEach(() => {
  ask.mockReset();
  const bus = { request: ask, connected: true } as unknown as Bus;
  const settings = { whepOrigins: [], iceServers: ['turn:turn.example:3478'], maxViewersPerUser: 2 };
  installBackend({
    bus,
    hub: { cameras: () => [{ id: 'hall' }] },
    viewing: openViewing(settings, 'north', bus),
    log: { error: vi.fn() },
  } as unknown as Backend);
});

interface Asked {
  readonly camera?: string;
  readonly method?: string;
  readonly viewer?: string;
  readonly headers?: Record<string, string>;
}

type Handler = typeof POST | typeof PATCH | typeof DELETE | typeof OPTIONS | typeof GET;

async function call(
  handler: Handler,
  body: string | null,
  type: string,
  { camera = 'hall', viewer = VIEWER, method = 'POST', headers = {} }: Asked = {},
): Promise<Response> {
  const request = new Request('http://127.0.0.1/whep', {
    method,
    headers: { 'content-type': type, ...headers },
    body,
  });
  const event = { request, params: { camera, viewer }, getClientAddress: () => '192.0.2.7' };
  return (handler as unknown as (given: typeof event) => Promise<Response>)(event);
}

test('an offer goes to the worker and its answer comes back as 201 with the session’s address', async () => {
  ask.mockResolvedValue({ viewerId: VIEWER, answerSdp: 'v=0 answer', iceTag: '00112233445566ff' });
  const response = await call(POST, 'v=0 offer', 'application/sdp');
  expect(ask.mock.calls[0]?.slice(0, 2)).toEqual([subjects.whepOffer('hall'), { offerSdp: 'v=0 offer' }]);
  expect(response.status).toBe(201);
  expect(response.headers.get('location')).toBe(`/whep/hall/${VIEWER}`);
  expect(response.headers.get('etag')).toBe('"00112233445566ff"');
  expect(response.headers.get('content-type')).toBe('application/sdp');
  expect(response.headers.get('accept-patch')).toBe('application/trickle-ice-sdpfrag');
  expect(response.headers.get('link')).toMatch(
    /^<turn:turn\.example:3478>; rel="ice-server"; username="\d+:viewer"; credential="\S+="; credential-type="password"$/,
  );
  expect(await response.text()).toBe('v=0 answer');
});

test.each([
  ['relay.offer-rejected', 406, null],
  ['relay.viewer-limit', 503, '10'],
  ['bus.unavailable', 503, '2'],
] as const)('a worker’s %s becomes a problem document with status %i', async (code, status, retryAfter) => {
  ask.mockRejectedValue(new AppError(code, 'why'));
  const response = await call(POST, 'v=0', 'application/sdp');
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(response.headers.get('retry-after')).toBe(retryAfter);
  expect(await response.json()).toMatchObject({ status, code, detail: 'why' });
});

test('a camera that does not exist is not found, by whatever name', async () => {
  ask.mockRejectedValue(new AppError('bus.unavailable', 'no answer'));
  for (const camera of ['cellar', 'Cellar', '../x', '*']) {
    expect((await call(POST, 'v=0', 'application/sdp', { camera })).status).toBe(404);
    expect((await call(DELETE, null, '', { camera })).status).toBe(404);
  }
});

test('a user’s third session is refused with 503 while two live, and let in once one was deleted', async () => {
  const other = VIEWER.replace('0', 'f');
  ask.mockResolvedValueOnce({ viewerId: VIEWER, answerSdp: 'v=0' });
  ask.mockResolvedValueOnce({ viewerId: other, answerSdp: 'v=0' });
  expect((await call(POST, 'v=0', 'application/sdp')).status).toBe(201);
  expect((await call(POST, 'v=0', 'application/sdp')).status).toBe(201);
  const refused = await call(POST, 'v=0', 'application/sdp');
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toBe('10');
  expect(await refused.json()).toMatchObject({ code: 'relay.viewer-limit' });
  ask.mockResolvedValueOnce({});
  expect((await call(DELETE, null, '')).status).toBe(200);
  ask.mockResolvedValueOnce({ viewerId: VIEWER, answerSdp: 'v=0' });
  expect((await call(POST, 'v=0', 'application/sdp')).status).toBe(201);
});

test('an offer of the wrong type is refused with 415, one that is too large with 413', async () => {
  expect((await call(POST, 'v=0', 'text/plain')).status).toBe(415);
  expect((await call(POST, 'x'.repeat(65 * 1024), 'application/sdp')).status).toBe(413);
  const headers = { 'content-length': '66000' };
  expect((await call(POST, 'v=0', 'application/sdp', { headers })).status).toBe(413);
  expect(ask).not.toHaveBeenCalled();
});

test('candidates are passed on with 204', async () => {
  ask.mockResolvedValue({ restarted: null });
  const response = await call(PATCH, 'a=ice-ufrag:x', 'application/trickle-ice-sdpfrag');
  expect(response.status).toBe(204);
  expect(ask.mock.calls[0]?.slice(0, 2)).toEqual([
    subjects.whepPatch('hall'),
    { viewerId: VIEWER, fragment: 'a=ice-ufrag:x', iceTags: null },
  ]);
});

test('an ICE restart comes back with 200, the relay’s new half and its ETag', async () => {
  ask.mockResolvedValue({ restarted: { iceTag: '00112233445566ff', fragment: 'a=ice-ufrag:y' } });
  const headers = { 'if-match': '*' };
  const response = await call(PATCH, 'a=ice-ufrag:x', 'application/trickle-ice-sdpfrag', { headers });
  expect(ask.mock.calls[0]?.[1]).toMatchObject({ iceTags: ['*'] });
  expect(response.status).toBe(200);
  expect(response.headers.get('etag')).toBe('"00112233445566ff"');
  expect(response.headers.get('content-type')).toBe('application/trickle-ice-sdpfrag');
  expect(await response.text()).toBe('a=ice-ufrag:y');
});

test('the end of a session is passed on with 200, and one that cannot exist is not found', async () => {
  ask.mockResolvedValue({});
  expect((await call(DELETE, null, '')).status).toBe(200);
  expect((await call(DELETE, null, '', { viewer: '../x' })).status).toBe(404);
  expect(ask).toHaveBeenCalledTimes(1);
});

test('OPTIONS says what an offer must be and which servers help, but not to a preflight', async () => {
  const response = await call(OPTIONS, null, '', { method: 'OPTIONS' });
  expect(response.status).toBe(200);
  expect(response.headers.get('accept-post')).toBe('application/sdp');
  expect(response.headers.get('link')).toContain('<turn:turn.example:3478>');
  const headers = { origin: 'https://player.example', 'access-control-request-method': 'POST' };
  expect((await call(OPTIONS, null, '', { method: 'OPTIONS', headers })).headers.has('link')).toBe(false);
});

test('GET has nothing to show, and another method is refused with a problem document', async () => {
  expect((await call(GET, null, '', { method: 'GET' })).status).toBe(204);
  const refused = await call(fallback, null, '', { method: 'PUT' });
  expect(refused.status).toBe(405);
  expect(refused.headers.get('allow')).toBe('GET, POST, OPTIONS');
  expect(refused.headers.get('content-type')).toBe('application/problem+json');
});
