import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { deafHost } from './deaf-host.ts';
import { answerPlayWith, camera, failure, onFinished, open, until } from './ingest-rig.ts';
import { interleave, reply, rtp, type Answer, type Script } from './scripted-camera.ts';

describe('a session that ends', () => {
  it('says so at once when the camera closes the connection', async () => {
    const cam = await camera();
    const { session } = await open(cam.url);
    await cam.close();
    expect(await session.ended).toMatchObject({ code: 'camera.closed-connection' });
  });

  it('says so when the camera says goodbye', async () => {
    const goodbye = interleave(1, Buffer.from([0x81, 203, 0, 1, 0, 0, 0xca, 0xfe]));
    const cam = await camera({ answers: { PLAY: answerPlayWith(rtp({ sequenceNumber: 1 }), goodbye) } });
    const { session } = await open(cam.url);
    expect(await session.ended).toMatchObject({ code: 'camera.closed-connection' });
  });

  it('ends as silent when packets stop, whatever else is sent', async () => {
    const cam = await camera({
      answers: {
        PLAY: (request, socket) => {
          socket.write(Buffer.concat([Buffer.from(reply(request, 200)), rtp({ sequenceNumber: 1 })]));
          const foreign = setInterval(() => socket.write(rtp({ sequenceNumber: 1, payloadType: 0 })), 20);
          onFinished(() => {
            clearInterval(foreign);
          });
        },
      },
    });
    const openedAtMs = performance.now();
    const { session } = await open(cam.url, { silenceMs: 300 });
    expect(await session.ended).toMatchObject({ code: 'camera.silent' });
    const tookMs = performance.now() - openedAtMs;
    expect(tookMs).toBeGreaterThanOrEqual(295);
    expect(cam.requests.some(({ method }) => method === 'PLAY')).toBe(true);
  });

  it('ends when the camera goes on in a format that was not described', async () => {
    const before = Array.from({ length: 3 }, (_, nth) => rtp({ sequenceNumber: nth }));
    const after = Array.from({ length: 300 }, (_, nth) => rtp({ sequenceNumber: nth, payloadType: 98 }));
    const cam = await camera({ answers: { PLAY: answerPlayWith(...before, ...after) } });
    const { session, packets } = await open(cam.url);
    expect(await session.ended).toMatchObject({ code: 'camera.codec-changed', retryable: true });
    expect(packets).toHaveLength(3);
  });

  it('goes on when other packets come between', async () => {
    const mixed = Array.from({ length: 600 }, (_, nth) =>
      rtp({ sequenceNumber: nth, payloadType: nth % 100 === 0 ? 96 : 98 }),
    );
    const cam = await camera({ answers: { PLAY: answerPlayWith(...mixed) } });
    const { session, packets } = await open(cam.url);
    await until(() => packets.length === 6);
    session.close();
    expect(await session.ended).toBeNull();
  });

  it('ends with a violation when garbage comes in the middle of media', async () => {
    const cam = await camera({
      answers: { PLAY: answerPlayWith(rtp({ sequenceNumber: 1 }), Buffer.from([0, 1, 2, 3])) },
    });
    const { session } = await open(cam.url);
    expect(await session.ended).toMatchObject({ code: 'camera.protocol-violation' });
  });

  it('ends, and nothing else, when its own sink throws', async () => {
    const cam = await camera({ answers: { PLAY: answerPlayWith(rtp({ sequenceNumber: 1 })) } });
    const { session } = await open(cam.url, {
      onPacket: () => {
        throw new Error('broken sink');
      },
    });
    expect(await session.ended).toMatchObject({ code: 'internal' });
  });

  it('tells the camera by TEARDOWN when it is closed, and ends with null', async () => {
    const media = Array.from({ length: 200 }, (_, index) =>
      rtp({ sequenceNumber: index, payload: Buffer.alloc(1400, 0x41) }),
    );
    const cam = await camera({ answers: { PLAY: answerPlayWith(...media) } });
    const { session, packets } = await open(cam.url);
    session.close();
    session.close();
    const handedOn = packets.length;
    expect(await session.ended).toBeNull();
    await until(() => cam.connections() === 0);
    expect(cam.requests.at(-1)).toMatchObject({ method: 'TEARDOWN', url: cam.url });
    expect(cam.requests.at(-1)?.headers.get('session')).toBe('abc123');
    expect(packets).toHaveLength(handedOn);
  });
});

describe('upkeep', () => {
  it('keeps the session alive at half its timeout and reports reception', async () => {
    const cam = await camera({
      answers: {
        SETUP: (request, socket) =>
          socket.write(reply(request, 200, { Session: 'k;timeout=2', Transport: 'RTP/AVP/TCP;interleaved=0-1' })),
        PLAY: answerPlayWith(rtp({ sequenceNumber: 1 }), rtp({ sequenceNumber: 3 })),
        GET_PARAMETER: () => undefined, // Some cameras never answer it.
      },
    });
    await open(cam.url, { silenceMs: 20_000 });
    const keepAlives = (): number => cam.requests.filter(({ method }) => method === 'GET_PARAMETER').length;
    await until(() => keepAlives() >= 2 && cam.interleaved.length > 0);
    const [report] = cam.interleaved;
    expect(report?.channel).toBe(1);
    expect(report?.payload.readUInt8(1)).toBe(201);
    expect(report?.payload.readUInt32BE(8)).toBe(0xcafe);
    expect((report?.payload.readUInt32BE(12) ?? 0) & 0xffffff).toBe(1);
  });

  it('turns to OPTIONS when the camera refuses GET_PARAMETER, and ends when the session is forgotten', async () => {
    let options = 0;
    const cam = await camera({
      answers: {
        OPTIONS: (request, socket) => {
          options += 1;
          socket.write(reply(request, options < 2 ? 200 : 454, { Public: 'GET_PARAMETER' }));
        },
        SETUP: (request, socket) => socket.write(reply(request, 200, { Session: 'k;timeout=2' })),
        GET_PARAMETER: (request, socket) => socket.write(reply(request, 501)),
      },
    });
    const { session } = await open(cam.url, { silenceMs: 20_000 });
    expect(await session.ended).toMatchObject({
      code: 'camera.refused-request',
      context: { method: 'OPTIONS', status: 454 },
    });
  });
});

describe('giving up', () => {
  const mute: Answer = () => undefined;
  /** Aborts, and says what came first: the outcome or 50 ms, by the same event loop, which a busy machine holds up for both. */
  async function abortedWithin50Ms(controller: AbortController, opening: Promise<unknown>): Promise<unknown> {
    const late = sleep(50).then(() => 'not within 50 ms');
    controller.abort();
    return Promise.race([opening, late]);
  }

  it.each([
    ['before connecting', {}, 0],
    ['while the camera says nothing', { answers: { OPTIONS: mute } }, 60],
    ['while it waits for a description', { answers: { DESCRIBE: mute } }, 60],
    ['while it waits for PLAY', { answers: { PLAY: mute } }, 60],
  ] satisfies [string, Script, number][])('takes effect within 50 ms %s', async (_when, script: Script, afterMs) => {
    const cam = await camera(script);
    const controller = new AbortController();
    const opening = open(cam.url, { connectTimeoutMs: 20_000 }, controller.signal).catch((error: unknown) => error);
    if (afterMs > 0) await sleep(afterMs);
    expect(await abortedWithin50Ms(controller, opening)).toMatchObject({ code: 'aborted' });
    await until(() => cam.connections() === 0);
  });

  it('takes effect within 50 ms while the connection is not accepted', async () => {
    const controller = new AbortController();
    const opening = open(await deafHost(), { connectTimeoutMs: 20_000 }, controller.signal).catch(
      (error: unknown) => error,
    );
    await sleep(60);
    expect(await abortedWithin50Ms(controller, opening)).toMatchObject({ code: 'aborted' });
  });

  it('takes effect within 50 ms while a name is looked up', async () => {
    const controller = new AbortController();
    const opening = open('rtsp://slow-name.invalid/', { connectTimeoutMs: 20_000 }, controller.signal).catch(
      (error: unknown) => error,
    );
    expect(await abortedWithin50Ms(controller, opening)).toMatchObject({ code: 'aborted' });
  });

  it('connects to nothing when it was given up beforehand', async () => {
    const cam = await camera();
    await expect(open(cam.url, {}, AbortSignal.abort())).rejects.toMatchObject({ code: 'aborted' });
    expect(cam.requests).toEqual([]);
  });

  it('closes a session that is already open', async () => {
    const cam = await camera();
    const controller = new AbortController();
    const { session } = await open(cam.url, {}, controller.signal);
    controller.abort();
    expect(await session.ended).toBeNull();
    await until(() => cam.connections() === 0);
  });
});

describe('what stays behind', () => {
  it('is nothing: after sessions, failures and aborts no socket and no timer is left', async () => {
    const good = await camera({ answers: { PLAY: answerPlayWith(rtp({ sequenceNumber: 1 })) } });
    const bad = await camera({ answers: { SETUP: (request, socket) => socket.write(reply(request, 500)) } });
    const mute = await camera({ answers: { OPTIONS: () => undefined } });
    const active = (): string[] =>
      process.getActiveResourcesInfo().filter((kind) => kind === 'TCPSocketWrap' || kind === 'Timeout');
    const before = active().length;
    for (let round = 0; round < 20; round += 1) {
      const { session } = await open(good.url);
      session.close();
      await failure(bad.url);
      const controller = new AbortController();
      const opening = open(mute.url, {}, controller.signal).catch(() => undefined);
      await sleep(1);
      controller.abort();
      await opening;
    }
    await until(() => good.connections() + bad.connections() + mute.connections() === 0);
    await sleep(10);
    expect(active().length).toBeLessThanOrEqual(before);
  });
});
