import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { camera, everythingIn, failure, open } from './ingest-rig.ts';
import { reply, SDP, type Answer } from './scripted-camera.ts';

const PASSWORD = 'p4ss:w0rd/ä';
const credentials = { username: 'viewer', password: PASSWORD };

describe('logging in', () => {
  const digest =
    (challenge: string): Answer =>
    (request, socket) => {
      const given = request.headers.get('authorization');
      socket.write(
        reply(
          request,
          given === undefined ? 401 : isRight(request.method, given) ? 200 : 401,
          { 'WWW-Authenticate': challenge, 'Content-Base': '' },
          request.method === 'DESCRIBE' ? SDP : '',
        ),
      );
    };
  const field = (header: string, name: string): string => new RegExp(`\\b${name}="?([^",]*)`).exec(header)?.[1] ?? '';
  function isRight(method: string, header: string): boolean {
    const sha256 = (...parts: string[]): string => createHash('sha256').update(parts.join(':')).digest('hex');
    const secret = sha256('viewer', 'cam', PASSWORD);
    const request = sha256(method, field(header, 'uri'));
    return (
      field(header, 'response') === sha256(secret, 'n1', field(header, 'nc'), field(header, 'cnonce'), 'auth', request)
    );
  }
  const CHALLENGE = 'Digest realm="cam", nonce="n1", algorithm=SHA-256, qop="auth"';

  it('answers Digest with SHA-256 on every request after the first challenge', async () => {
    const cam = await camera({ answers: { OPTIONS: digest(CHALLENGE), DESCRIBE: digest(CHALLENGE) } });
    await open(cam.url, { credentials });
    expect(cam.requests.map(({ method, headers }) => [method, headers.has('authorization')])).toEqual([
      ['OPTIONS', false],
      ['OPTIONS', true],
      ['DESCRIBE', true],
      ['SETUP', true],
      ['PLAY', true],
    ]);
    expect(cam.requests[4]?.headers.get('authorization')).toContain('nc=00000004');
  });

  it('answers a stale nonce once', async () => {
    let describes = 0;
    const cam = await camera({
      answers: {
        DESCRIBE: (request, socket) => {
          describes += 1;
          const stale = describes === 2 ? ', stale=true' : '';
          const status = describes < 3 ? 401 : 200;
          socket.write(
            reply(
              request,
              status,
              { 'WWW-Authenticate': `Digest realm="cam", nonce="${String(describes)}"${stale}` },
              SDP,
            ),
          );
        },
      },
    });
    await open(cam.url, { credentials });
    expect(describes).toBe(3);
  });

  it.each([
    ['Digest', 'Digest realm="cam", nonce="x"'],
    ['Basic', 'Basic realm="cam"'],
  ])('tells a refused password for %s after one try, and shows it nowhere', async (_scheme, challenge) => {
    // A camera that repeats what it was sent must not get it into our logs either.
    const cam = await camera({
      answers: {
        DESCRIBE: (request, socket) => {
          socket.write(
            reply(request, 401, {
              'WWW-Authenticate': challenge,
              'X-Echo': request.headers.get('authorization') ?? '',
            }),
          );
        },
      },
    });
    const error = await failure(cam.url, { credentials });
    expect(error).toMatchObject({ code: 'camera.refused-login', retryable: false });
    expect(cam.requests.filter(({ headers }) => headers.has('authorization'))).toHaveLength(1);
    expect(everythingIn(error)).not.toContain(PASSWORD);
    expect(everythingIn(error)).not.toContain(Buffer.from(`viewer:${PASSWORD}`).toString('base64'));
  });

  it('says that a login is needed when none was given', async () => {
    const cam = await camera({
      answers: {
        DESCRIBE: (request, socket) => socket.write(reply(request, 401, { 'WWW-Authenticate': 'Basic realm="x"' })),
      },
    });
    expect(await failure(cam.url)).toMatchObject({
      code: 'camera.refused-login',
      message: expect.stringContaining('asks for'),
    });
  });

  it('gives up on a camera that calls every nonce stale', async () => {
    const cam = await camera({
      answers: {
        OPTIONS: (request, socket) =>
          socket.write(reply(request, 401, { 'WWW-Authenticate': 'Digest realm="x", nonce="y", stale=true' })),
      },
    });
    expect((await failure(cam.url, { credentials })).code).toBe('camera.refused-login');
    expect(cam.requests).toHaveLength(3);
  });
});
