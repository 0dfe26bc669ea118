import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { probeIngest } from './ingest.rtsp.ts';
import { answerPlayWith, camera, open, until } from './ingest-rig.ts';
import { interleave, PPS, reply, rtp, SDP, SPS } from './scripted-camera.ts';
import { selfSigned } from './self-signed.ts';

describe('openIngest', () => {
  it('plays: asks as a camera expects and hands on packets and sender reports in order', async () => {
    const report = Buffer.alloc(28);
    report.set([0x80, 200, 0, 6]);
    report.writeUInt32BE(2_208_988_800 + 10, 8);
    const media = [rtp({ sequenceNumber: 1 }), rtp({ sequenceNumber: 2, timestamp: 6000 }), interleave(1, report)];
    const cam = await camera({ answers: { PLAY: answerPlayWith(...media) } });
    const { session, packets, reports } = await open(cam.url);
    expect(session.track).toEqual({
      codec: 'H264',
      payloadType: 96,
      parameterSets: [SPS, PPS],
      widthPx: 640,
      heightPx: 360,
      fps: 15,
      profileLevelId: '4d4016',
    });
    await until(() => reports.length === 1);
    expect(packets.map((packet) => packet.sequenceNumber)).toEqual([1, 2]);
    expect(reports[0]).toEqual({ ssrc: 0, ntpMs: 10_000, rtpTimestamp: 0 });
    expect(session.stats()).toEqual({ packets: 2, bytes: 30, lostPackets: 0, ignoredPackets: 0 });
    const base = cam.url;
    expect(cam.requests.map(({ method, url }) => [method, url])).toEqual([
      ['OPTIONS', base],
      ['DESCRIBE', base],
      ['SETUP', `${base}/trackID=1`],
      ['PLAY', base],
    ]);
    expect(cam.requests[3]?.headers.get('session')).toBe('abc123');
  });

  it('hands on nothing before it resolved, and then everything that came early', async () => {
    const cam = await camera({
      answers: {
        PLAY: (request, socket) => {
          socket.write(
            Buffer.concat([rtp({ sequenceNumber: 1 }), Buffer.from(reply(request, 200)), rtp({ sequenceNumber: 2 })]),
          );
        },
      },
    });
    let isOpen = false;
    const seen: boolean[] = [];
    await open(cam.url, { onPacket: () => seen.push(isOpen) });
    isOpen = true;
    await until(() => seen.length === 2);
    expect(seen).toEqual([true, true]);
  });

  it('understands answers that arrive byte by byte, with the channels the camera chose', async () => {
    const slowly = async (socket: { write(bytes: Buffer): void }, bytes: Buffer): Promise<void> => {
      for (const byte of bytes) {
        socket.write(Buffer.from([byte]));
        await sleep(0);
      }
    };
    const cam = await camera({
      answers: {
        DESCRIBE: (request, socket) =>
          void slowly(socket, Buffer.from(reply(request, 200, { 'Content-Base': 'rtsp://0.0.0.0/other/' }, SDP))),
        SETUP: (request, socket) =>
          void slowly(
            socket,
            Buffer.from(reply(request, 200, { Session: 's', Transport: 'RTP/AVP/TCP;interleaved=6-7' })),
          ),
        PLAY: (request, socket) =>
          void slowly(
            socket,
            Buffer.concat([Buffer.from(reply(request, 200)), rtp({ sequenceNumber: 9, channel: 6 })]),
          ),
      },
    });
    const { packets } = await open(cam.url, { connectTimeoutMs: 30_000 });
    await until(() => packets.length === 1);
    expect(cam.requests[2]?.url).toBe(`rtsp://127.0.0.1:${String(cam.port)}/other/trackID=1`);
  });

  it('plays over TLS from a camera that signed its own certificate', async () => {
    const cam = await camera({ tls: selfSigned(), answers: { PLAY: answerPlayWith(rtp({ sequenceNumber: 1 })) } });
    const { packets } = await open(cam.url);
    await until(() => packets.length === 1);
    expect(cam.url).toMatch(/^rtsps:/);
  });

  it('counts lost packets and ignores foreign ones', async () => {
    const media = [
      rtp({ sequenceNumber: 1 }),
      rtp({ sequenceNumber: 4 }),
      rtp({ sequenceNumber: 5, payloadType: 0 }),
      interleave(0, Buffer.from('no RTP')),
      interleave(9, Buffer.alloc(20)),
    ];
    const cam = await camera({ answers: { PLAY: answerPlayWith(...media) } });
    const { session, packets } = await open(cam.url);
    await until(() => packets.length === 2);
    expect(session.stats()).toMatchObject({ packets: 2, lostPackets: 2, ignoredPackets: 3 });
  });

  it('answers requests of the camera and goes on', async () => {
    const cam = await camera({
      answers: {
        PLAY: answerPlayWith(
          Buffer.from('ANNOUNCE rtsp://x RTSP/1.0\r\nCSeq: 77\r\nContent-Length: 3\r\n\r\nv=0'),
          rtp({ sequenceNumber: 1 }),
        ),
      },
    });
    const { packets } = await open(cam.url);
    await until(() => packets.length === 1 && cam.requests.length === 5);
    expect(cam.requests[4]?.text).toBe('RTSP/1.0 501 Not Implemented\r\nCSeq: 77');
  });
});

describe('probeIngest', () => {
  it('describes a camera without playing it', async () => {
    const cam = await camera();
    const options = { url: cam.url, credentials: null, connectTimeoutMs: 2000 };
    expect(await probeIngest(options, new AbortController().signal)).toMatchObject({ codec: 'H264', widthPx: 640 });
    await until(() => cam.connections() === 0);
    expect(cam.requests.map(({ method }) => method)).toEqual(['OPTIONS', 'DESCRIBE']);
  });

  it('recognises H.265', async () => {
    const cam = await camera({ sdp: SDP.replace('H264', 'H265') });
    const options = { url: cam.url, credentials: null, connectTimeoutMs: 2000 };
    expect(await probeIngest(options, new AbortController().signal)).toMatchObject({ codec: 'H265' });
  });
});
