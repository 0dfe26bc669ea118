import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import { OPTIONS, POST } from './+server.ts';
import { DELETE, PATCH } from './[viewer]/+server.ts';

const VIEWER = '0123456789abcdef0123456789abcdef';
const ask = vi.fn<(subject: string, message: unknown) => Promise<unknown>>();

beforeEach(() => {
  ask.mockReset();
  installBackend({ bus: { request: ask }, log: { error: vi.fn() } } as unknown as Backend);
});

type Handler = typeof POST | typeof PATCH | typeof DELETE;

async function call(
  handler: Handler,
  body: string | null,
  type: string,
  { viewer = VIEWER, headers = {} }: { viewer?: string; headers?: Record<string, string> } = {},
): Promise<Response> {
  const request = new Request('http://127.0.0.1/whep', {
    method: 'POST',
    headers: { 'content-type': type, ...headers },
    body,
  });
  const event = { request, params: { camera: 'hall', viewer } };
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
  expect(await response.text()).toBe('v=0 answer');
});

test.each([
  ['relay.offer-rejected', 406],
  ['relay.viewer-limit', 503],
  ['bus.unavailable', 503],
] as const)('a worker’s %s becomes a problem document with status %i', async (code, status) => {
  ask.mockRejectedValue(new AppError(code, 'why'));
  const response = await call(POST, 'v=0', 'application/sdp');
  expect(response.status).toBe(status);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code, detail: 'why' });
});

test('an offer of the wrong type is refused with 415, one that is too large with 413', async () => {
  expect((await call(POST, 'v=0', 'text/plain')).status).toBe(415);
  expect((await call(POST, 'x'.repeat(65 * 1024), 'application/sdp')).status).toBe(413);
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

test('OPTIONS says what an offer must be', async () => {
  const response = await (OPTIONS as unknown as () => Promise<Response> | Response)();
  expect(response.headers.get('accept-post')).toBe('application/sdp');
});
