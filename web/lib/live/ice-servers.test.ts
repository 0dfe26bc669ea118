import { expect, test, vi } from 'vitest';
import { iceServersIn, iceServersOf } from './ice-servers.ts';

const LINK =
  '<stun:stun.example:3478>; rel="ice-server", ' +
  '<turn:turn.example?transport=udp>; rel="ice-server"; username="1700043200:viewer"; credential="a+b/c="; credential-type="password", ' +
  '</style.css>; rel="preload"; as="style"';

test('STUN and TURN servers are read from Link headers, and other links left alone', () => {
  expect(iceServersIn(LINK)).toEqual([
    { urls: 'stun:stun.example:3478' },
    { urls: 'turn:turn.example?transport=udp', username: '1700043200:viewer', credential: 'a+b/c=' },
  ]);
  expect(iceServersIn(null)).toEqual([]);
  expect(iceServersIn('garbage; rel="ice-server"')).toEqual([]);
});

test('they are asked for once for all sessions, and again where that failed', async () => {
  const ask = vi.fn<() => Promise<Response>>();
  vi.stubGlobal('fetch', ask);
  try {
    ask.mockRejectedValueOnce(new TypeError('no network'));
    await expect(iceServersOf('/whep/hall')).resolves.toEqual([]);
    ask.mockImplementation(() => Promise.resolve(new Response(null, { headers: { link: LINK } })));
    expect(await Promise.all([iceServersOf('/whep/hall'), iceServersOf('/whep/door')])).toEqual([
      iceServersIn(LINK),
      iceServersIn(LINK),
    ]);
    expect(ask.mock.calls).toEqual([
      ['/whep/hall', expect.objectContaining({ method: 'OPTIONS' })],
      ['/whep/hall', expect.objectContaining({ method: 'OPTIONS' })],
    ]);
  } finally {
    vi.unstubAllGlobals();
  }
});
