import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import { openDecoder } from '#media/frames/decoder.nodeav.ts';
import { openIngest } from '#media/ingest/ingest.rtsp.ts';
import type { CodecName } from '#media/packet.ts';
import type { RelayCamera } from '#media/relay/relay.port.ts';
import { openRtspServer } from '#media/simulator/rtsp-server.ts';
import { SimulatedCamera } from '#media/simulator/simulated-camera.ts';
import { pictureSource, type Source } from '#media/simulator/source.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import { gridCells } from '../inference/models/grid.ts';
import { openDetectorPool } from '../inference/pool.ts';
import { InferenceShares } from '../inference/shares.ts';
import { Analysis } from './analysis.ts';
import { CameraMedia } from './camera-media.ts';

const POLL = { timeout: 30_000, interval: 20 };
const FPS = 15;
const folder = mkdtempSync(join(tmpdir(), 'footfall-h265-'));
const closing: (() => unknown)[] = [];

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A yolov8 model that sees one person in every picture. */
function seer(): string {
  const cells = gridCells(64, 64).length;
  const values = new Float32Array(5 * cells);
  [16, 32, 8, 24, 0.9].forEach((value, row) => (values[row * cells] = value));
  const path = join(folder, 'seer.onnx');
  const images = { name: 'images', shape: [1, 3, 64, 64] };
  writeFileSync(path, onnxFile([images], [{ name: 'out', shape: [1, 5, cells], values }]));
  return path;
}

function film(codec: CodecName): Source {
  const pictures = encodeClip({
    codec,
    ...{ widthPx: 128, heightPx: 128, frames: 30, gop: 15 },
    luma: (frame, x) => (x < frame / 30 ? 200 : 60),
  });
  return pictureSource(pictures, { codec, fps: FPS, phaseMs: 0 });
}

/** A camera of the two codecs, watched and counted by all the real parts but the relay. */
async function watch(main: CodecName, sub: CodecName | null) {
  const cam = new SimulatedCamera({ name: 'cam', main: film(main), sub: film(sub ?? main), scene: null });
  const server = await openRtspServer({ port: 0, streams: cam.paths() });
  closing.push(async () => {
    cam.close();
    await server.close();
  });
  const url = (stream: string): string => `rtsp://127.0.0.1:${String(server.port)}/cam/${stream}`;
  const config: CameraConfig = {
    ...{ id: 'hall', name: 'Hall', revision: 1, enabled: true, deleted: false, sealedCredentials: null },
    ...{ model: seer(), analysisFps: FPS, lines: [], zones: [] },
    mainUrl: url('main'),
    subUrl: sub === null ? null : url('sub'),
  };
  const clock = new SlewedClock();
  const pool = openDetectorPool({ threads: 1 });
  closing.push(() => pool.close());
  const boxes: BoxesMessage[] = [];
  const written = new Set<number>();
  const stills: (string | null)[] = [];
  const analysis = new Analysis(config, {
    pool,
    monotonicMs: () => clock.monotonicMs(),
    epochMs: () => clock.epochMs(),
    onBoxes: (message) => boxes.push(message),
    onCrossing: () => undefined,
    onDismissal: () => undefined,
    onZoneFact: () => undefined,
    onFrame: () => undefined,
    onFrameLost: (error) => {
      throw error;
    },
  });
  const relay: Partial<RelayCamera> = {
    isWatched: true,
    write: ({ rtpTimestamp }) => void written.add(rtpTimestamp),
    close: () => undefined,
  };
  const media = new CameraMedia(config, {
    ...{ openIngest, openDecoder, pool, analysis, clock },
    shares: new InferenceShares({ monotonicMs: () => clock.monotonicMs(), capacityFps: () => null }),
    relay: relay as RelayCamera,
    credentialsOf: () => null,
    onTraits: () => undefined,
    onModelRefused: () => undefined,
    onStills: (because) => stills.push(because),
  });
  const stop = new AbortController();
  closing.push(() => {
    stop.abort();
    media.close();
  });
  for (const role of sub === null ? (['analysed'] as const) : (['analysed', 'shown'] as const)) {
    const input = { camera: 'hall', role, onMedia: () => undefined, onQuiet: () => undefined };
    media.play(input, stop.signal).catch(() => undefined);
  }
  return { boxes, written, stills, media };
}

test('a camera with nothing but H.265 is counted, and shown as stills that say why', async () => {
  const { boxes, written, stills, media } = await watch('H265', null);
  await vi.waitFor(() => expect(boxes.filter(({ tracks }) => tracks.length === 1).length).toBeGreaterThan(10), POLL);
  expect(stills).toEqual([expect.stringContaining('H.265')]);
  expect(written.size).toBe(0);
  const poster = (await media.poster()) ?? Buffer.alloc(0);
  expect(Buffer.from(poster).subarray(0, 2).toString('hex')).toBe('ffd8');
});

test('a camera whose main stream is H.265 is shown by its H.264 sub-stream, which is counted, too', async () => {
  const { boxes, written, stills } = await watch('H265', 'H264');
  await vi.waitFor(() => expect(written.size).toBeGreaterThan(10), POLL);
  await vi.waitFor(() => expect(boxes.length).toBeGreaterThan(10), POLL);
  expect(stills.at(-1) ?? null).toBeNull();
});

test('a camera whose sub-stream is H.265 is counted by it and shown by its main stream', async () => {
  const { boxes, written, stills } = await watch('H264', 'H265');
  await vi.waitFor(() => expect(written.size).toBeGreaterThan(10), POLL);
  await vi.waitFor(() => expect(boxes.filter(({ tracks }) => tracks.length === 1).length).toBeGreaterThan(10), POLL);
  expect(stills).toEqual([]);
});
