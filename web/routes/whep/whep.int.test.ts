import { request as httpRequest } from 'node:http';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { launchChromium, openPage } from '#ops/testkit/chromium.ts';
import { servePlayerPage, type ToldByPlayer } from '#ops/testkit/whep-player-page.ts';
import { chromiumOffer } from '#ops/testkit/whep-offers.ts';
import { startWhepServer, type WhepServer } from '#ops/testkit/whep-server.ts';

/** WHEP as a player meets it: real HTTP, bus and relay. */
const SOON = { timeout: 20_000, interval: 100 };
const SDP = 'application/sdp';
const FRAGMENT = 'application/trickle-ice-sdpfrag';
const candidates = 'a=ice-ufrag:HRZz\r\na=ice-pwd:PWw6b1wWejoINwHOskLZzaQc\r\na=mid:0\r\na=end-of-candidates\r\n';

let server: WhepServer;
let player: Awaited<ReturnType<typeof servePlayerPage>>;

beforeAll(async () => {
  player = await servePlayerPage();
  server = await startWhepServer({
    FOOTFALL_WHEP_ORIGINS: player.origin,
    FOOTFALL_ICE_SERVERS: 'stun:127.0.0.1:9',
  });
});
afterAll(async () => {
  await server.close();
  await player.close();
});

function ask(path: string, method: string, body: string | null, headers: Record<string, string> = {}) {
  return fetch(new URL(path, server.url), { method, headers, body });
}

const post = (camera = 'hall', offer = chromiumOffer): Promise<Response> =>
  ask(`/whep/${camera}`, 'POST', offer, { 'content-type': SDP });

const patch = (session: string, body: string, ifMatch: string | null = '*'): Promise<Response> =>
  ask(session, 'PATCH', body, { 'content-type': FRAGMENT, ...(ifMatch === null ? {} : { 'if-match': ifMatch }) });

async function expectProblem(response: Response, status: number, code: string): Promise<void> {
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ status, code });
  expect(response.status).toBe(status);
}

test('a session is opened, told candidates, restarted and ended, each as the draft says', async () => {
  const created = await post();
  expect(created.status).toBe(201);
  const session = created.headers.get('location') ?? '';
  const etag = created.headers.get('etag') ?? '';
  expect(session).toMatch(/^\/whep\/hall\/[0-9a-f]{32}$/);
  expect(etag).toMatch(/^"[0-9a-f]{16}"$/);
  expect(created.headers.get('content-type')).toBe(SDP);
  expect(created.headers.get('accept-patch')).toBe(FRAGMENT);
  expect(created.headers.get('link')).toBe('<stun:127.0.0.1:9>; rel="ice-server"');
  const answer = await created.text();

  const trickled = await patch(session, candidates, etag);
  expect([trickled.status, trickled.headers.get('etag'), await trickled.text()]).toEqual([204, null, '']);
  await expectProblem(await patch(session, candidates, null), 428, 'relay.ice-session-not-named');
  await expectProblem(await patch(session, candidates, '"other"'), 412, 'relay.ice-session-changed');

  const restarted = await patch(session, candidates.replace('HRZz', 'ysXw'));
  expect(restarted.status).toBe(200);
  expect(restarted.headers.get('content-type')).toBe(FRAGMENT);
  const renewed = restarted.headers.get('etag') ?? '';
  expect(renewed).toMatch(/^"[0-9a-f]{16}"$/);
  expect(renewed).not.toBe(etag);
  const fragment = await restarted.text();
  const user = (sdp: string): string => /a=ice-ufrag:(.+)\r\n/.exec(sdp)?.[1] ?? '';
  const firstCandidate = (sdp: string): string => /a=candidate:.+\r\n/.exec(sdp)?.[0] ?? '';
  expect(user(fragment)).not.toBe(user(answer));
  expect(firstCandidate(fragment)).toBe(firstCandidate(answer));
  await expectProblem(await patch(session, candidates, etag), 412, 'relay.ice-session-changed');

  expect((await ask(session, 'GET', null)).status).toBe(204);
  expect((await ask(session, 'DELETE', null, { 'if-match': '"other"' })).status).toBe(200);
  await expectProblem(await ask(session, 'DELETE', null), 404, 'relay.viewer-not-found');
  await expectProblem(await patch(session, candidates), 404, 'relay.viewer-not-found');
});

test('what is no good is refused with a problem document that says why', async () => {
  const nobody = `/whep/hall/${'0'.repeat(32)}`;
  await expectProblem(
    await ask('/whep/hall', 'POST', chromiumOffer, { 'content-type': 'text/plain' }),
    415,
    'input.invalid',
  );
  await expectProblem(await post('hall', 'hello'), 406, 'relay.offer-rejected');
  await expectProblem(await post('hall', `v=0\r\n${'x'.repeat(70_000)}`), 413, 'input.too-large');
  await expectProblem(await post('cellar'), 404, 'camera.not-found');
  await expectProblem(await post('Hall'), 404, 'camera.not-found');
  await expectProblem(await ask(nobody, 'PATCH', candidates, { 'content-type': SDP }), 415, 'input.invalid');
  await expectProblem(await patch(nobody, 'x'.repeat(20_000)), 413, 'input.too-large');
  await expectProblem(await patch('/whep/hall/nobody', candidates), 404, 'relay.viewer-not-found');
  await expectProblem(await ask(nobody, 'DELETE', null), 404, 'relay.viewer-not-found');
  await expectProblem(await ask('/whep/hall', 'PUT', 'x'), 405, 'input.invalid');
  await expectProblem(await ask(`${nobody}/more`, 'POST', 'x'), 404, 'relay.viewer-not-found');
  const created = await post();
  const session = created.headers.get('location') ?? '';
  await expectProblem(await patch(session, 'hello'), 400, 'relay.fragment-rejected');
  expect((await ask(session, 'DELETE', null)).status).toBe(200);
});

test('an offer far too large is refused before it is read', async () => {
  const status = new Promise((resolve, reject) => {
    const headers = { 'content-type': SDP, 'content-length': 10_000_000 };
    const request = httpRequest(new URL('/whep/hall', server.url), { method: 'POST', headers }, (response) => {
      resolve([response.statusCode, response.headers['content-type']]);
      request.destroy();
    });
    request.on('error', reject).write('v=0\r\n');
  });
  expect(await status).toEqual([413, 'application/problem+json']);
});

test('pages of an allowed origin may, of another may not', async () => {
  const preflight = await ask('/whep/hall', 'OPTIONS', null, {
    origin: player.origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
  });
  expect(preflight.status).toBe(200);
  expect(preflight.headers.get('access-control-allow-origin')).toBe(player.origin);
  expect(preflight.headers.get('accept-post')).toBe(SDP);
  expect(preflight.headers.has('link')).toBe(false);

  const other = await ask('/whep/hall', 'POST', chromiumOffer, {
    'content-type': SDP,
    origin: 'https://elsewhere.test',
  });
  expect(other.headers.has('access-control-allow-origin')).toBe(false);
  await expectProblem(other, 403, 'input.invalid');
});

describe('in Chromium, on a page of another origin', () => {
  let browser: Browser;
  let page: Page;
  beforeAll(async () => {
    browser = await launchChromium();
    ({ page } = await openPage(browser, player.origin));
  });
  afterAll(() => browser.close());

  const told = (): Promise<ToldByPlayer> => page.evaluate('told()');
  const moreFrames = async (than: number): Promise<void> => {
    await vi.waitFor(async () => expect((await told()).frames).toBeGreaterThan(than + 15), SOON);
  };

  test('video plays, and goes on over ICE restarts', async () => {
    await page.evaluate(`play(${JSON.stringify(`${server.url}/whep/door`)}, 'all')`);
    await moreFrames(0);
    for (let restarts = 1; restarts <= 2; restarts += 1) {
      const before = await told();
      expect(await page.evaluate('restart()')).toBe(200);
      await vi.waitFor(async () => {
        expect((await told()).usernameFragment).not.toBe(before.usernameFragment);
      }, SOON);
      const after = await told();
      expect(after.etag).not.toBe(before.etag);
      await moreFrames(after.frames);
    }
    const { session } = await told();
    await page.evaluate('peer.close()');
    await vi.waitFor(async () => expect((await patch(session ?? '', candidates)).status).toBe(404), SOON);
    expect((await ask(session ?? '', 'DELETE', null)).status).toBe(200);
    expect((await ask(session ?? '', 'DELETE', null)).status).toBe(404);
  });
});
