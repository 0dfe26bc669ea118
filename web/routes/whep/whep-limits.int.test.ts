import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { chromiumOffer } from '#ops/testkit/whep-offers.ts';
import { startWhepServer, type WhepServer } from '#ops/testkit/whep-server.ts';

const SOON = { timeout: 20_000, interval: 100 };
const CAMERA_LIMIT = 4;
const USER_LIMIT = 6;
const candidates = 'a=ice-ufrag:HRZz\r\na=ice-pwd:PWw6b1wWejoINwHOskLZzaQc\r\na=mid:0\r\na=end-of-candidates\r\n';

let server: WhepServer;
beforeAll(async () => {
  server = await startWhepServer({
    FOOTFALL_MAX_VIEWERS_PER_CAMERA: String(CAMERA_LIMIT),
    FOOTFALL_MAX_VIEWERS_PER_USER: String(USER_LIMIT),
  });
});
afterAll(() => server.close());

function post(camera: string): Promise<Response> {
  const headers = { 'content-type': 'application/sdp' };
  return fetch(`${server.url}/whep/${camera}`, { method: 'POST', headers, body: chromiumOffer });
}

function patch(session: string): Promise<Response> {
  const headers = { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' };
  return fetch(new URL(session, server.url), { method: 'PATCH', headers, body: candidates });
}

async function expectLimit(response: Response): Promise<void> {
  expect(response.status).toBe(503);
  expect(response.headers.get('retry-after')).toBe('10');
  expect(await response.json()).toMatchObject({ code: 'relay.viewer-limit' });
}

test('more viewers than a camera or a user may have wait, and half-open sessions expire and make room', async () => {
  const hall = await Promise.all(Array.from({ length: CAMERA_LIMIT }, () => post('hall')));
  expect(hall.map(({ status }) => status)).toEqual(hall.map(() => 201));
  await expectLimit(await post('hall'));

  const door = await Promise.all(Array.from({ length: USER_LIMIT - CAMERA_LIMIT }, () => post('door')));
  expect(door.map(({ status }) => status)).toEqual(door.map(() => 201));
  await expectLimit(await post('door'));

  const session = hall[0]?.headers.get('location') ?? '';
  expect((await patch(session)).status).toBe(204);
  await vi.waitFor(async () => expect((await patch(session)).status).toBe(404), {
    timeout: 30_000,
    interval: 500,
  });
  expect((await fetch(new URL(session, server.url), { method: 'DELETE' })).status).toBe(404);
  await vi.waitFor(async () => expect((await post('door')).status).toBe(201), SOON);
});
