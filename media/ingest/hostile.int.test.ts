import { createServer, type Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { answerPlayWith, camera, failure, onFinished, open, until } from './ingest-rig.ts';
import { interleave, reply, rtp, SDP, type Answer } from './scripted-camera.ts';

/** Another server's address, and who called there. */
async function elsewhere(): Promise<{ url: string; calls: () => number }> {
  let calls = 0;
  const server = createServer((socket) => {
    calls += 1;
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onFinished(() => new Promise((resolve) => server.close(() => resolve())));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { url: `rtsp://127.0.0.1:${String(port)}/other`, calls: () => calls };
}

/** Writes as fast as the other side reads, until it hangs up. */
function flood(socket: Socket, bytes: Buffer): void {
  const more = (): void => {
    while (!socket.destroyed && socket.writable && socket.write(bytes));
  };
  socket.on('drain', more);
  more();
}

/** One byte now and then, for ever. */
function trickle(socket: Socket, bytes: string): void {
  let at = 0;
  const timer = setInterval(() => {
    socket.write(bytes.charAt(at++ % bytes.length));
  }, 5);
  onFinished(() => {
    clearInterval(timer);
  });
}

describe('a camera that sends us elsewhere', () => {
  it.each(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'])('is not followed from %s', async (method) => {
    const other = await elsewhere();
    for (const status of [301, 302, 305]) {
      const redirect: Answer = (request, socket) => socket.write(reply(request, status, { Location: other.url }));
      const cam = await camera({ answers: { [method]: redirect } });
      const outcome = await open(cam.url).catch((error: unknown) => error);
      // Some cameras do not know OPTIONS; the others' refusals count.
      if (method === 'OPTIONS')
        expect(cam.requests.map(({ url }) => new URL(url).host)).toContain(`127.0.0.1:${String(cam.port)}`);
      else expect(outcome).toMatchObject({ code: 'camera.refused-request', context: { method, status } });
    }
    expect(other.calls()).toBe(0);
  });

  it('is not followed when it asks in mid-session', async () => {
    const other = await elsewhere();
    const ask = Buffer.from(`REDIRECT ${other.url} RTSP/1.0\r\nCSeq: 7\r\nLocation: ${other.url}\r\n\r\n`);
    const cam = await camera({ answers: { PLAY: answerPlayWith(ask, rtp({ sequenceNumber: 1 })) } });
    const { packets } = await open(cam.url);
    await until(() => packets.length === 1 && cam.requests.length === 5);
    expect(cam.requests[4]?.text).toContain('501 Not Implemented');
    expect(other.calls()).toBe(0);
  });

  it('is asked itself, whatever hosts its description names', async () => {
    const other = await elsewhere();
    const host = new URL(other.url).host;
    const sdp = SDP.replace('a=control:*', `a=control:rtsp://${host}/session`)
      .replace('a=control:trackID=1', `a=control:rtsp://user:secret@${host}/session/trackID=1`)
      .replace('c=IN IP4 203.0.113.9', 'c=IN IP4 127.0.0.1');
    const describe: Answer = (request, socket) =>
      socket.write(reply(request, 200, { 'Content-Base': `rtsp://${host}/base/` }, sdp));
    const cam = await camera({ answers: { DESCRIBE: describe, PLAY: answerPlayWith(rtp({ sequenceNumber: 1 })) } });
    const { packets } = await open(cam.url);
    await until(() => packets.length === 1);
    expect(cam.requests.map(({ method }) => method)).toEqual(['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY']);
    for (const { url } of cam.requests) expect(url).toMatch(`rtsp://127.0.0.1:${String(cam.port)}/`);
    expect(other.calls()).toBe(0);
  });
});

describe('a camera that takes its time', () => {
  const TIMEOUT_MS = 1500;

  it.each([
    ['its greeting', 'OPTIONS', 'RTSP/1.0 200 OK\r\nA: b\r\n', 'A: b\r\n'],
    ['a header', 'DESCRIBE', 'RTSP/1.0 200 OK\r\nCSeq: 2\r\n', 'x'],
    ['a description', 'DESCRIBE', 'RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Length: 60000\r\n\r\nv=0\r\n', 'a=x\r\n'],
    ['media before it plays', 'PLAY', '', '$\x05\x00\x01\x00'],
  ])('over %s is cut when the time for the whole handshake is over', async (_what, method, beginning, rest) => {
    const cam = await camera({
      answers: {
        [method]: (_request, socket) => {
          socket.write(beginning);
          trickle(socket, rest);
        },
      },
    });
    const error = await failure(cam.url, { connectTimeoutMs: TIMEOUT_MS });
    expect(error).toMatchObject({ code: 'camera.silent', context: { method } });
    await until(() => cam.connections() === 0);
  });

  it('over one packet is as silent as one that sends none', async () => {
    const cam = await camera({
      answers: {
        PLAY: (request, socket) => {
          socket.write(reply(request, 200));
          socket.write(Buffer.from([0x24, 0, 0xff, 0xff]));
          trickle(socket, '\x80');
        },
      },
    });
    const { session } = await open(cam.url, { silenceMs: TIMEOUT_MS });
    expect(await session.ended).toMatchObject({ code: 'camera.silent' });
    await until(() => cam.connections() === 0);
  });
});

describe('a camera that floods', () => {
  const empty = Buffer.alloc(64 * 1024, Buffer.from([0x24, 0, 0, 0]));

  it.each([
    ['empty packets before it plays', 'PLAY', empty],
    ['empty packets before it describes', 'DESCRIBE', empty],
    [
      'packets nobody asked for',
      'SETUP',
      Buffer.concat(Array.from({ length: 4000 }, () => interleave(9, Buffer.alloc(12)))),
    ],
    ['answers to nothing', 'DESCRIBE', Buffer.from('RTSP/1.0 200 OK\r\nCSeq: 999\r\n\r\n'.repeat(1000))],
    ['requests', 'OPTIONS', Buffer.from('OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n'.repeat(1000))],
  ])('with %s is cut, and costs little memory', async (_what, method, bytes) => {
    const cam = await camera({
      answers: {
        [method]: (_request, socket) => {
          flood(socket, bytes);
        },
      },
    });
    const before = process.memoryUsage().rss;
    const error = await failure(cam.url, { connectTimeoutMs: 20_000 });
    expect(error).toMatchObject({ code: 'camera.protocol-violation' });
    expect(error.message).toContain('far more');
    expect((process.memoryUsage().rss - before) / 2 ** 20).toBeLessThan(400);
    await until(() => cam.connections() === 0);
  });

  it('in mid-session is cut', async () => {
    const packet = rtp({ sequenceNumber: 1 });
    const cam = await camera({
      answers: {
        PLAY: (request, socket) => {
          socket.write(reply(request, 200));
          flood(socket, Buffer.concat(Array.from({ length: 4000 }, () => packet)));
        },
      },
    });
    const { session } = await open(cam.url, { onPacket: () => undefined });
    expect(await session.ended).toMatchObject({ code: 'camera.protocol-violation' });
    await until(() => cam.connections() === 0);
  });

  it('with interleaved lengths that overlap what follows is read as what it says, and ends', async () => {
    const wild = Buffer.concat([
      Buffer.from([0x24, 0, 0, 3]),
      rtp({ sequenceNumber: 1 }),
      Buffer.from([0x24, 0, 0xff, 0xff]),
    ]);
    const cam = await camera({
      answers: { PLAY: answerPlayWith(wild, Buffer.alloc(0xffff, 0x5a), Buffer.from('\x80\x60')) },
    });
    const { session } = await open(cam.url);
    expect(await session.ended).toMatchObject({ code: 'camera.protocol-violation' });
  });
});
