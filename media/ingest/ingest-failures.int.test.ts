import { createServer } from 'node:net';
import { describe, expect, it } from 'vitest';
import { deafHost } from './deaf-host.ts';
import { camera, everythingIn, failure, until } from './ingest-rig.ts';
import { reply, SDP, type Answer, type Script } from './scripted-camera.ts';

describe('a camera that cannot be used', () => {
  const status =
    (code: number, headers: Record<string, string> = {}): Answer =>
    (request, socket) =>
      socket.write(reply(request, code, headers));

  it.each([
    ['a path that does not exist', { answers: { DESCRIBE: status(404) } }, 'camera.path-not-found'],
    ['a path that does not exist, told early', { answers: { OPTIONS: status(404) } }, 'camera.path-not-found'],
    ['a user without rights', { answers: { DESCRIBE: status(403) } }, 'camera.refused-login'],
    ['too many viewers', { answers: { SETUP: status(453) } }, 'camera.refused-request'],
    ['no TCP', { answers: { SETUP: status(461) } }, 'camera.refused-request'],
    [
      'UDP all the same',
      { answers: { SETUP: status(200, { Transport: 'RTP/AVP;unicast;client_port=1-2' }) } },
      'camera.refused-request',
    ],
    ['a PLAY that fails', { answers: { PLAY: status(500) } }, 'camera.refused-request'],
    ['MPEG-4 only', { sdp: SDP.replace('H264', 'MP4V-ES') }, 'camera.no-h264'],
    ['MJPEG only', { sdp: 'v=0\r\nm=video 0 RTP/AVP 26\r\n' }, 'camera.no-h264'],
    ['no video', { sdp: 'v=0\r\nm=audio 0 RTP/AVP 0\r\n' }, 'camera.no-h264'],
    ['an empty description', { sdp: '' }, 'camera.protocol-violation'],
    [
      'a control address that breaks its line',
      { sdp: SDP.replace('a=control:trackID=1', 'a=control:rtsp://x/a b') },
      'camera.protocol-violation',
    ],
    ['garbage at once', { onConnect: (socket) => socket.write('\x16\x03\x01garbage') }, 'camera.protocol-violation'],
    [
      'a web server',
      { onConnect: (socket) => socket.write('HTTP/1.1 400 Bad Request\r\n\r\n') },
      'camera.protocol-violation',
    ],
    [
      'an endless header',
      { onConnect: (socket) => socket.write(`RTSP/1.0 200 OK\r\n${'A: b\r\n'.repeat(5000)}`) },
      'camera.protocol-violation',
    ],
    [
      'a huge body',
      { answers: { DESCRIBE: status(200, { 'Content-Length': '999999999' }) } },
      'camera.protocol-violation',
    ],
    [
      'half an answer',
      { answers: { DESCRIBE: (_request, socket) => socket.end('RTSP/1.0 200 OK\r\nCS') } },
      'camera.closed-connection',
    ],
    ['a connection that closes at once', { onConnect: (socket) => socket.destroy() }, 'camera.closed-connection'],
    [
      'a connection that closes at PLAY',
      { answers: { PLAY: (_request, socket) => socket.destroy() } },
      'camera.closed-connection',
    ],
  ] satisfies [string, Script, string][])('tells of %s', async (_what, script: Script, code) => {
    const cam = await camera(script);
    const error = await failure(cam.url);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/^[A-Z].*\.$/);
    await until(() => cam.connections() === 0);
  });

  it('follows no redirect', async () => {
    const other = await camera();
    const cam = await camera({ answers: { DESCRIBE: status(302, { Location: other.url }) } });
    const error = await failure(cam.url);
    expect(error).toMatchObject({ code: 'camera.refused-request', context: { method: 'DESCRIBE', status: 302 } });
    expect(other.connections()).toBe(0);
  });

  it('tells which answer never came', async () => {
    const cam = await camera({ answers: { DESCRIBE: () => undefined } });
    const error = await failure(cam.url, { connectTimeoutMs: 1500 });
    expect(error).toMatchObject({ code: 'camera.silent', context: { method: 'DESCRIBE' } });
    expect(error.message).toContain('1.5 s');
    await until(() => cam.connections() === 0);
  });

  it('tells of a TLS handshake that is never answered, and of a port that speaks no TLS', async () => {
    const mute = await camera();
    const url = mute.url.replace('rtsp:', 'rtsps:');
    expect((await failure(url, { connectTimeoutMs: 200 })).code).toBe('camera.silent');
    const plain = await camera({ onConnect: (socket) => socket.write('RTSP/1.0 400 Bad Request\r\n\r\n') });
    expect((await failure(plain.url.replace('rtsp:', 'rtsps:'))).code).toBe('camera.protocol-violation');
  });

  it('tells of a host that neither accepts nor refuses', async () => {
    const error = await failure(await deafHost(), { connectTimeoutMs: 300 });
    expect(error).toMatchObject({ code: 'camera.unreachable', context: { host: '127.0.0.1' } });
    expect(error.message).toContain('did not accept a connection within 300 ms');
  });

  it('says what to do when nothing listens or the name is unknown', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    await new Promise((resolve) => server.close(resolve));
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const refused = await failure(`rtsp://127.0.0.1:${String(port)}/secret-path`);
    expect(refused).toMatchObject({ code: 'camera.unreachable', context: { host: '127.0.0.1', port } });
    expect(refused.message).toContain('Check the port');
    expect(everythingIn(refused)).not.toContain('secret-path');
    const unknown = await failure('rtsp://no-such-camera.invalid/', { connectTimeoutMs: 10_000 });
    expect(unknown.code).toBe('camera.unreachable');
  });

  it('refuses an address that is none', async () => {
    expect((await failure('http://127.0.0.1/')).code).toBe('camera.url-malformed');
  });
});
