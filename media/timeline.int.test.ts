import { expect, it, vi } from 'vitest';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { AccessUnitAssembler } from './access-unit.ts';
import { openIngest } from './ingest/ingest.rtsp.ts';
import type { IngestSession } from './ingest/ingest.port.ts';
import type { AccessUnit } from './packet.ts';
import { offsetThatWrapsAfter } from './simulator/rtp-clock.ts';
import { openRtspServer } from './simulator/rtsp-server.ts';
import { SimulatedCamera } from './simulator/simulated-camera.ts';
import { pictureSource, type Source } from './simulator/source.ts';
import { CameraTimeline } from './timeline.ts';

const FRAME_TICKS = 90_000 / 25;
/** Past the wrap of the main stream's clock, and enough sender reports for the drift to show. */
const PLAYED_FRAMES = 165;

function film(widthPx: number): Source {
  const pictures = encodeClip({ widthPx, heightPx: 120, frames: 50, gop: 25, luma: (frame) => 40 + frame });
  return pictureSource(pictures, { fps: 25, phaseMs: 0 });
}

it('gives frames that a camera took at one instant one time, on its main and its sub-stream', async () => {
  const [main, sub] = [film(320), film(160)];
  const camera = new SimulatedCamera({
    name: 'cam',
    main,
    sub,
    scene: null,
    wallOffsetMs: -3_600_000_000,
    traits: {
      main: { rtpClock: { offset: offsetThatWrapsAfter(4), driftPpm: 50 } },
      sub: { rtpClock: { offset: 123_456_789, driftPpm: -50 } },
    },
  });
  const server = await openRtspServer({ port: 0, streams: camera.paths() });
  const timeline = new CameraTimeline(new SlewedClock());
  const units: Record<'main' | 'sub', AccessUnit[]> = { main: [], sub: [] };

  const play = async (name: 'main' | 'sub'): Promise<IngestSession> => {
    const clock = timeline.stream(name);
    let assembler: AccessUnitAssembler | null = null;
    const session = await openIngest(
      {
        url: `rtsp://127.0.0.1:${String(server.port)}/cam/${name}`,
        credentials: null,
        connectTimeoutMs: 5000,
        silenceMs: 5000,
        onPacket: (packet, receivedAtMs) => assembler?.push(packet, receivedAtMs),
        onSenderReport: (report) => {
          clock.senderReport(report);
        },
      },
      new AbortController().signal,
    );
    assembler = new AccessUnitAssembler({
      track: session.track,
      ticksOf: (rtpTimestamp, receivedAtMs) => clock.ticksOf(rtpTimestamp, receivedAtMs),
      onUnit: (unit) => units[name].push(unit),
    });
    return session;
  };
  const sessions = [await play('main'), await play('sub')];
  const played = (): number => Math.min(units.main.length, units.sub.length);
  await vi.waitFor(() => expect(played()).toBeGreaterThanOrEqual(PLAYED_FRAMES), { timeout: 30_000, interval: 50 });
  for (const session of sessions) session.close();
  camera.close();
  await server.close();

  for (const frames of Object.values(units)) {
    expect(frames.some((unit) => unit.isDamaged)).toBe(false);
  }
  const phase = (unit: AccessUnit | undefined): number => (unit?.ticks90k ?? 0) % FRAME_TICKS;
  const apart = Math.abs(phase(units.main.at(-1)) - phase(units.sub.at(-1)));
  const apartMs = Math.min(apart, FRAME_TICKS - apart) / 90;
  expect(apartMs).toBeLessThan(5);
});
