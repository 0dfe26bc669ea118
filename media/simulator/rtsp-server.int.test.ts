import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { offsetThatWrapsAfter } from './rtp-clock.ts';
import { openRtspServer, type RtspServer } from './rtsp-server.ts';
import { SimulatedCamera, type SimulatedCameraOptions } from './simulated-camera.ts';
import { pictureSource, type Source } from './source.ts';
import { TestClient } from './test-client.ts';
import { makeFilm } from './test-film.ts';

const run = promisify(execFile);
const TRANSPORT = { Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' };

let big: Source;
let small: Source;
const closing: (() => unknown)[] = [];

async function open(options: Partial<SimulatedCameraOptions> = {}, timeoutMs = 60_000) {
  const camera = new SimulatedCamera({ name: 'door', main: big, sub: small, scene: null, ...options });
  const server: RtspServer = await openRtspServer({ port: 0, streams: camera.paths(), timeoutMs });
  closing.push(() => {
    camera.close();
    return server.close();
  });
  const url = (stream: 'main' | 'sub', login = ''): string =>
    `rtsp://${login}127.0.0.1:${String(server.port)}/door/${stream}`;
  const client = async (): Promise<TestClient> => {
    const opened = await TestClient.open(server.port);
    closing.push(() => {
      opened.close();
    });
    return opened;
  };
  return { camera, server, url, client };
}

async function probe(url: string): Promise<unknown> {
  const wanted = ['-show_entries', 'stream=codec_name,width,height,r_frame_rate', '-of', 'json'];
  const { stdout } = await run('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', ...wanted, url], {
    timeout: 20_000,
  });
  return (JSON.parse(stdout) as { streams: unknown[] }).streams[0];
}

/** Frames FFmpeg decoded in `seconds`, and everything it complained about. */
async function decode(url: string, seconds: number): Promise<{ frames: number; complaints: string }> {
  const output = ['-t', String(seconds), '-f', 'null', '-progress', 'pipe:1', '-'];
  const { stdout, stderr } = await run('ffmpeg', ['-v', 'warning', '-rtsp_transport', 'tcp', '-i', url, ...output], {
    timeout: 30_000,
  });
  return { frames: Number(/frame=(\d+)\s(?![\s\S]*frame=)/.exec(stdout)?.[1] ?? 0), complaints: stderr.trim() };
}

beforeAll(async () => {
  big = await makeFilm(1280, 720);
  small = await makeFilm(640, 360);
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

afterAll(() => {
  expect(closing).toEqual([]);
});

describe("Debian's FFmpeg", () => {
  it('finds codec, size and frame rate of both streams', async () => {
    const { url } = await open();
    expect(await probe(url('main'))).toEqual({ codec_name: 'h264', width: 1280, height: 720, r_frame_rate: '25/1' });
    expect(await probe(url('sub'))).toEqual({ codec_name: 'h264', width: 640, height: 360, r_frame_rate: '25/1' });
  });

  it('decodes five seconds without a complaint, while the RTP time wraps', async () => {
    const rtpClock = { offset: offsetThatWrapsAfter(3), driftPpm: 50 };
    const { url } = await open({ traits: { sub: { rtpClock } } });
    const { frames, complaints } = await decode(url('sub'), 5);
    expect(complaints).toBe('');
    expect(frames).toBeGreaterThanOrEqual(120);
  });

  it.each([['basic'], ['digest-md5']] as const)(
    'logs in by %s, and is refused with a wrong password',
    async (scheme) => {
      const { url } = await open({
        login: { username: 'admin', password: 's3cret', schemes: [scheme], offersQop: true },
      });
      expect((await decode(url('sub', 'admin:s3cret@'), 1)).complaints).toBe('');
      await expect(probe(url('sub', 'admin:wrong@'))).rejects.toThrow('401 Unauthorized');
    },
  );
});

describe('RTSP server', () => {
  it('announces what it can do, describes, sets up, plays and tears down', async () => {
    const { client, url } = await open();
    const one = await client();
    const options = await one.request('OPTIONS', url('main'));
    expect(options.headers.get('public')).toContain('TEARDOWN');
    const played = await one.play(url('main'));
    expect(played.status).toBe(200);
    const [, sequenceNumber, rtpTime] = /seq=(\d+);rtptime=(\d+)/.exec(played.headers.get('rtp-info') ?? '') ?? [];
    await vi.waitFor(() => {
      expect(one.rtp.length).toBeGreaterThan(10);
    });
    expect(one.rtp[0]).toMatchObject({ sequenceNumber: Number(sequenceNumber), rtpTimestamp: Number(rtpTime) });
    const session = played.headers.get('session') ?? '';
    expect((await one.request('GET_PARAMETER', url('main'), { Session: session })).status).toBe(200);
    expect((await one.request('TEARDOWN', url('main'), { Session: session })).status).toBe(200);
    const received = one.rtp.length;
    await pause(150);
    expect(one.rtp.length).toBe(received);
    expect(one.isClosed).toBe(false);
  });

  it.each<[string, string, string, Record<string, string>, number]>([
    ['an unknown path', 'DESCRIBE', '/attic/main', {}, 404],
    ['an unknown method', 'EXPLODE', '/door/main', {}, 501],
    ['recording', 'RECORD', '/door/main', {}, 405],
    ['UDP', 'SETUP', '/door/main', { Transport: 'RTP/AVP;unicast;client_port=5000-5001' }, 461],
    ['multicast', 'SETUP', '/door/main', { Transport: 'RTP/AVP/TCP;multicast' }, 461],
    ['channel 256', 'SETUP', '/door/main', { Transport: 'RTP/AVP/TCP;unicast;interleaved=256-257' }, 461],
    ['an unknown session in SETUP', 'SETUP', '/door/main', { ...TRANSPORT, Session: 'f00' }, 454],
    ['PLAY before SETUP', 'PLAY', '/door/main', {}, 455],
    ['PLAY of an unknown session', 'PLAY', '/door/main', { Session: 'f00' }, 454],
    ['a sign of life for an unknown session', 'GET_PARAMETER', '/door/main', { Session: 'f00' }, 454],
  ])('refuses %s', async (_what, method, path, headers, status) => {
    const { client, server } = await open();
    const one = await client();
    expect((await one.request(method, `rtsp://127.0.0.1:${String(server.port)}${path}`, headers)).status).toBe(status);
  });

  it('refuses a second session on a connection, and PLAY on the other stream', async () => {
    const { client, url } = await open();
    const one = await client();
    const setUp = await one.request('SETUP', url('main'), TRANSPORT);
    const session = setUp.headers.get('session')?.split(';')[0] ?? '';
    expect((await one.request('SETUP', url('sub'), TRANSPORT)).status).toBe(455);
    expect((await one.request('PLAY', url('sub'), { Session: session })).status).toBe(455);
    expect((await one.request('SET_PARAMETER', url('main'), { Session: session }, 'volume: 11')).status).toBe(451);
  });

  it('answers what is malformed with 400 and closes', async () => {
    const { client, server } = await open();
    const one = await client();
    expect((await one.send('PLEASE play\r\n\r\n')).status).toBe(400);
    await vi.waitFor(() => {
      expect(one.isClosed).toBe(true);
      expect(server.connections()).toBe(0);
    });
  });

  it('closes a connection that gives no sign of life, and keeps one that does', async () => {
    const { client, url } = await open({}, 400);
    const [mute, alive] = [await client(), await client()];
    await mute.play(url('sub'));
    await alive.play(url('sub'));
    const receiverReport = Buffer.from([0x24, 1, 0, 8, 0x80, 201, 0, 1, 0, 0, 0, 1]);
    const beat = setInterval(() => void alive.send(receiverReport), 100);
    await vi.waitFor(() => {
      expect(mute.isClosed).toBe(true);
    }, 2000);
    await pause(500);
    clearInterval(beat);
    expect(alive.isClosed).toBe(false);
  });

  it('shows two clients one timeline', async () => {
    const { client, url } = await open();
    const [first, second] = [await client(), await client()];
    await first.play(url('sub'));
    await pause(300);
    await second.play(url('sub'));
    await vi.waitFor(() => {
      expect(second.pictureTimes().length).toBeGreaterThan(12);
    }, 3000);
    const [start = -1] = second.pictureTimes();
    const from = first.pictureTimes().indexOf(start);
    expect(from).toBeGreaterThan(0);
    expect(first.pictureTimes().slice(from, from + 12)).toEqual(second.pictureTimes().slice(0, 12));
    expect(second.rtp[0]?.ssrc).toBe(first.rtp[0]?.ssrc);
  });

  it('keeps the pace: a picture every 40 ms from start to end', async () => {
    const { client, url } = await open();
    const one = await client();
    await one.play(url('sub'));
    await pause(2000);
    const ends = one.rtp.filter((packet) => packet.marker);
    const lateness = ends.map((packet, i) => packet.atMs - (ends[0]?.atMs ?? 0) - i * 40);
    expect(ends.length).toBeGreaterThan(40);
    expect(lateness.toSorted((a, b) => a - b)[Math.floor(lateness.length / 2)]).toBeLessThan(20);
  });

  it('reports one instant on both clocks: main and sub agree to a millisecond in spite of drift', async () => {
    const { client, url } = await open({
      wallOffsetMs: -1e9,
      traits: {
        main: { rtpClock: { offset: 4_294_967_000, driftPpm: 50 } },
        sub: { rtpClock: { offset: 5, driftPpm: -50 } },
      },
    });
    const [main, sub] = [await client(), await client()];
    await Promise.all([main.play(url('main')), sub.play(url('sub'))]);
    await vi.waitFor(() => {
      expect(Math.min(main.reports.length, sub.reports.length, main.rtp.length, sub.rtp.length)).toBeGreaterThan(0);
    });
    const wallOfFirst = ({ rtp, reports }: TestClient): number => {
      const [packet, report] = [rtp[0], reports[0]];
      if (packet === undefined || report === undefined) return Number.NaN;
      expect(report.ssrc).toBe(packet.ssrc);
      return report.wallMs + ((packet.rtpTimestamp - report.rtpTimestamp) | 0) / 90;
    };
    const intoGrid = (wallOfFirst(main) - wallOfFirst(sub)) / 40;
    expect(Math.abs(intoGrid - Math.round(intoGrid)) * 40).toBeLessThan(1);
    expect(Math.abs(wallOfFirst(main) - (Date.now() - 1e9))).toBeLessThan(2000);
  });

  it('sends no report when the camera has none', async () => {
    const { client, url } = await open({ traits: { sub: { sendsReports: false } } });
    const one = await client();
    await one.play(url('sub'));
    await vi.waitFor(() => {
      expect(one.rtp.length).toBeGreaterThan(5);
    });
    expect(one.reports).toEqual([]);
  });

  it('drops whole pictures for a client that stops reading, and starts it again with a key frame', async () => {
    const { client, url } = await open({ main: fatFilm() });
    const one = await client();
    await one.play(url('main'));
    await vi.waitFor(() => {
      expect(one.rtp.length).toBeGreaterThan(100);
    });
    one.pause();
    const before = process.memoryUsage().arrayBuffers;
    await pause(2500);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16e6);
    one.resume();
    const gap = (): number =>
      one.pictureTimes().findIndex((time, i, all) => i > 0 && ((time - (all[i - 1] ?? 0)) | 0) > 3600 * 1.5);
    await vi.waitFor(() => {
      expect(gap()).toBeGreaterThan(0);
    }, 4000);
    const resumedAt = one.pictureTimes()[gap()];
    const firstPacket = one.rtp.find((packet) => packet.rtpTimestamp === resumedAt);
    expect((firstPacket?.payload[0] ?? 0) & 0x1f).toBe(24);
    const numbers = one.rtp.map((packet) => packet.sequenceNumber);
    expect(numbers.every((number, i) => i === 0 || number === ((numbers[i - 1] ?? 0) + 1) % 65_536)).toBe(true);
  });
});

/** 400 kB a picture: fills what the system buffers for a client in no time. */
function fatFilm(): Source {
  const sets = [Buffer.from([0x67, 0x42, 0xe0, 0x1f, 0x88]), Buffer.from([0x68, 0x88])];
  const slice = (type: number): Buffer => Buffer.concat([Buffer.from([type]), Buffer.alloc(400_000, 0x88)]);
  const key = { nalUnits: [...sets, slice(0x65)], isKeyFrame: true };
  return pictureSource([key, ...Array.from({ length: 4 }, () => ({ nalUnits: [slice(0x41)], isKeyFrame: false }))], {
    fps: 25,
    phaseMs: 0,
  });
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
