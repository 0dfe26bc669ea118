import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { openDecoder } from '../frames/decoder.nodeav.ts';
import type { AccessUnit, CodecName } from '../packet.ts';
import { openRtspServer } from '../simulator/rtsp-server.ts';
import { SimulatedCamera } from '../simulator/simulated-camera.ts';
import { pictureSource, type Source } from '../simulator/source.ts';
import { CameraTimeline } from '../timeline.ts';
import { camera, onFinished } from './ingest-rig.ts';
import { openIngest } from './ingest.rtsp.ts';
import { openPictures, type PictureSession } from './pictures.ts';
import { PPS, reply, rtp, SPS, type Answer } from './scripted-camera.ts';

const FPS = 25;
const SLOW = { timeout: 30_000, interval: 20 };

afterEach(() => {
  vi.restoreAllMocks();
});

async function play(url: string): Promise<{ session: PictureSession; units: AccessUnit[] }> {
  const clock = new SlewedClock();
  const units: AccessUnit[] = [];
  const session = await openPictures(
    {
      openIngest,
      clock,
      stream: new CameraTimeline(clock).stream('main'),
      url,
      credentials: null,
      connectTimeoutMs: 20_000,
      silenceMs: 20_000,
      onUnit: (unit) => units.push(unit),
    },
    new AbortController().signal,
  );
  onFinished(() => {
    session.close();
  });
  return { session, units };
}

/** Grey that rises with each of its 25 pictures. */
function film(codec: CodecName, widthPx: number): Source {
  const pictures = encodeClip({ codec, widthPx, heightPx: 120, frames: FPS, gop: 5, luma: (frame) => 40 + 6 * frame });
  return pictureSource(pictures, { codec, fps: FPS, phaseMs: 0 });
}

async function simulate(main: Source, sub: Source): Promise<{ cam: SimulatedCamera; url: string }> {
  const cam = new SimulatedCamera({ name: 'cam', main, sub, scene: null });
  const server = await openRtspServer({ port: 0, streams: cam.paths() });
  onFinished(async () => {
    cam.close();
    await server.close();
  });
  return { cam, url: `rtsp://127.0.0.1:${String(server.port)}/cam/main` };
}

describe('the pictures of a camera', () => {
  it('are taken and decoded when it sends H.265', async () => {
    const source = film('H265', 320);
    const { url } = await simulate(source, source);
    const places: number[] = [];
    const decoder = openDecoder({
      camera: 'cam',
      shape: { widthPx: 128, heightPx: 128, fit: 'letterbox' },
      maxFps: FPS,
      onFrame: ({ rgb }) => void places.push(placeOf(rgb[64 * 3] ?? 0)),
      onFailed: (error) => {
        throw error;
      },
    });
    onFinished(() => {
      decoder.close();
    });
    const { session, units } = await play(url);
    expect(session.track).toMatchObject({ codec: 'H265', widthPx: 320, heightPx: 120, fps: FPS });
    // Every picture of the film has a grey of its own: those between key frames come out, too.
    await vi.waitFor(() => {
      for (const unit of units.splice(0)) decoder.push(unit);
      expect(new Set(places).size).toBeGreaterThan(15);
    }, SLOW);
    expect(decoder.stats().errors).toBe(0);
    expect(Math.max(...places)).toBeLessThan(FPS);
  });

  it('go on in another size when the camera changes it', async () => {
    const { cam, url } = await simulate(film('H264', 320), film('H264', 160));
    const { session, units } = await play(url);
    await vi.waitFor(() => expect(units.length).toBeGreaterThan(5), SLOW);
    cam.setFault({ kind: 'change-resolution', stream: 'main' });
    await vi.waitFor(() => expect(session.track.widthPx).toBe(160), SLOW);
    const seen = units.length;
    await vi.waitFor(() => expect(units.length).toBeGreaterThan(seen + 10), SLOW);
    expect(units.some((unit) => unit.isDamaged)).toBe(false);
  });

  it.each([
    ['H264', 'H265'],
    ['H265', 'H264'],
  ] as const)('end clearly when it changes from %s to %s, and the next session takes them', async (from, to) => {
    const { cam, url } = await simulate(film(from, 320), film(to, 160));
    const { session, units } = await play(url);
    await vi.waitFor(() => expect(units.length).toBeGreaterThan(5), SLOW);
    cam.setFault({ kind: 'change-resolution', stream: 'main' });
    expect(await session.ended).toMatchObject({ code: 'camera.codec-changed', retryable: true, context: { from, to } });
    const next = await play(url);
    expect(next.session.track.codec).toBe(to);
    await vi.waitFor(() => expect(next.units.length).toBeGreaterThan(5), SLOW);
    expect(next.units[0]).toMatchObject({ codec: to, isKeyFrame: true });
  });
});

/** The picture of the film whose grey this is, as video levels in RGB. */
function placeOf(grey: number): number {
  return Math.max(0, Math.round(((grey * 219) / 255 + 16 - 40) / 6));
}

describe('the pictures of a camera that misbehaves', () => {
  const KEY = Buffer.from([0x65, 0x88, 0x84, 0x21, 0xa0]);
  const INTER = Buffer.from([0x41, 0x9a, 0x21, 0x6c]);
  let sequenceNumber = 0;
  const picture = (n: number, isKey: boolean): Buffer => {
    const nalUnits = isKey ? [SPS, PPS, KEY] : [INTER];
    return Buffer.concat(
      nalUnits.map((payload, index) => {
        sequenceNumber += 1;
        return rtp({ sequenceNumber, timestamp: n * 6000, marker: index === nalUnits.length - 1, payload });
      }),
    );
  };

  it('end when far more of them come than it says', async () => {
    const flood: Answer = (request, socket) => {
      socket.write(reply(request, 200));
      for (let n = 0; n < 3000; n += 1) socket.write(picture(n, n % 30 === 0));
    };
    const { url } = await camera({ answers: { PLAY: flood } });
    const { session, units } = await play(url);
    const error = await session.ended;
    expect(error).toMatchObject({ code: 'camera.protocol-violation' });
    expect(error?.message).toContain('though it says 15');
    expect(units.length).toBeLessThan(1000);
  });

  it('are left out when a stall held them back and a newer key frame came with them', async () => {
    // 15 a second: one second live, 3.5 seconds held back with a key frame at picture 45, then live.
    const stall: Answer = (request, socket) => {
      socket.write(reply(request, 200));
      const startedAtMs = performance.now();
      const dueAtMs = (n: number): number => (n < 15 || n >= 68 ? (n * 1000) / 15 : 4500);
      void (async () => {
        for (let n = 0; n < 80; n += 1) {
          await sleep(Math.max(0, startedAtMs + dueAtMs(n) - performance.now()));
          socket.write(picture(n, n === 0 || n === 45));
        }
      })();
    };
    const { url } = await camera({ answers: { PLAY: stall } });
    const { session, units } = await play(url);
    await vi.waitFor(() => expect(units.at(-1)?.rtpTimestamp).toBe(79 * 6000), SLOW);
    const places = units.map(({ rtpTimestamp }) => rtpTimestamp / 6000);
    expect(places.slice(0, 15)).toEqual(Array.from({ length: 15 }, (_, n) => n));
    expect(places[15]).toBe(45);
    expect(session.stats().discarded).toBe(30);
  });
});
