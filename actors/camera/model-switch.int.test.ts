import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import { openDecoder } from '#media/frames/decoder.nodeav.ts';
import type { OpenIngest } from '#media/ingest/ingest.port.ts';
import type { RelayCamera } from '#media/relay/relay.port.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { ClipCamera } from '#ops/testkit/clip-camera.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import { gridCells } from '../inference/models/grid.ts';
import { openDetectorPool } from '../inference/pool.ts';
import { Analysis } from './analysis.ts';
import { CameraMedia } from './camera-media.ts';

const FPS = 15;
const CLIP = encodeClip({ widthPx: 128, heightPx: 128, frames: 30, gop: 15, luma: () => 100 });
const POLL = { timeout: 20_000, interval: 20 };
const folder = mkdtempSync(join(tmpdir(), 'footfall-switch-'));

/** A yolov8 model that sees one person, in the same place of every picture whatever its input's size. */
function seer(name: string, sidePx: number): string {
  const cells = gridCells(sidePx, sidePx).length;
  const values = new Float32Array(5 * cells);
  const unit = sidePx / 8;
  [2 * unit, 4 * unit, unit, 3 * unit, 0.9].forEach((value, row) => (values[row * cells] = value));
  const images = { name: 'images', shape: [1, 3, sidePx, sidePx] };
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, onnxFile([images], [{ name: 'out', shape: [1, 5, cells], values }]));
  return path;
}

const FIRST = seer('first', 64);
const SECOND = seer('second', 96);
const ZIP = join(folder, 'zipped.onnx');
writeFileSync(ZIP, 'PK\u0003\u0004');

const CONFIG: CameraConfig = {
  id: 'hall',
  name: 'Hall',
  revision: 1,
  enabled: true,
  deleted: false,
  mainUrl: 'rtsp://127.0.0.1/main',
  subUrl: null,
  sealedCredentials: null,
  model: FIRST,
  analysisFps: 30,
  lines: [],
  zones: [],
};

let pool: DetectorPool;
let media: CameraMedia;
let analysis: Analysis;
let stop: AbortController;
let connections: number;
let frames: { timeMs: number; model: string }[];
let boxes: BoxesMessage[];
let shown: number[];
let refusals: (AppError | null)[];

/** A camera that plays a still clip for ever. */
const openIngest: OpenIngest = (options, signal) => {
  connections += 1;
  let sequenceNumber = 0;
  const camera = new ClipCamera(CLIP, FPS, 0, ({ payload, marker, rtpTimestamp }) => {
    sequenceNumber = (sequenceNumber + 1) % 65_536;
    const packet = { payloadType: 96, marker, sequenceNumber, timestamp: rtpTimestamp, ssrc: 1, payload };
    options.onPacket(packet, performance.now());
  });
  camera.start();
  signal.addEventListener('abort', () => {
    camera.stop();
  });
  const track = {
    ...({ codec: 'H264', payloadType: 96, sps: null, pps: null } as const),
    ...{ widthPx: null, heightPx: null, fps: null, profileLevelId: null },
  };
  const stats = () => ({ packets: 0, bytes: 0, lostPackets: 0, ignoredPackets: 0 });
  const close = (): void => {
    camera.stop();
  };
  return Promise.resolve({ track, ended: new Promise<never>(() => undefined), stats, close });
};

beforeEach(async () => {
  [connections, frames, boxes, shown, refusals] = [0, [], [], [], []];
  stop = new AbortController();
  pool = openDetectorPool({ threads: 1 });
  const clock = new SlewedClock();
  analysis = new Analysis(CONFIG, {
    pool,
    monotonicMs: () => clock.monotonicMs(),
    epochMs: () => clock.epochMs(),
    onBoxes: (message) => boxes.push(message),
    onCrossing: () => undefined,
    onDismissal: () => undefined,
    onZoneFact: () => undefined,
    onFrame: (timeMs, model) => frames.push({ timeMs, model }),
    onFrameLost: (error) => {
      throw error;
    },
  });
  const relay = {
    write: ({ rtpTimestamp }) => shown.push(rtpTimestamp),
    close: () => undefined,
  } as Partial<RelayCamera>;
  media = new CameraMedia(CONFIG, {
    openIngest,
    openDecoder,
    pool,
    relay: relay as RelayCamera,
    analysis,
    clock,
    credentialsOf: () => null,
    onModelRefused: (error) => refusals.push(error),
  });
  const input = { camera: 'hall', role: 'analysed', onMedia: () => undefined, onQuiet: () => undefined } as const;
  media.play(input, stop.signal).catch(() => undefined);
  await vi.waitFor(() => expect(framesOf('first')).toBeGreaterThan(5), POLL);
});

afterEach(async () => {
  stop.abort();
  media.close();
  await pool.close();
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function framesOf(name: string): number {
  return frames.filter(({ model }) => model.startsWith(`${name}@`)).length;
}

function longestGapMs(times: readonly number[]): number {
  return Math.max(...times.slice(1).map((time, i) => time - (times[i] ?? time)));
}

test("another model takes a running camera's next frames: no new connection, no gap in its video, the same tracks", async () => {
  media.configure({ ...CONFIG, revision: 2, model: SECOND });
  await vi.waitFor(() => expect(framesOf('second')).toBeGreaterThan(10), POLL);
  const models = frames.map(({ model }) => model.split('@')[0]);
  expect(models.lastIndexOf('first')).toBeLessThan(models.indexOf('second'));
  expect(connections).toBe(1);
  expect(analysis.run).toBe(1);
  const pictures = [...new Set(shown)];
  expect(longestGapMs(pictures)).toBe(90_000 / FPS);
  // What one thread needs to load a model, and far less than a track is kept for.
  expect(longestGapMs(frames.map(({ timeMs }) => timeMs))).toBeLessThan(1000);
  expect(new Set(boxes.flatMap(({ tracks }) => tracks.map(({ id }) => id))).size).toBe(1);
  expect(refusals.filter((error) => error !== null)).toEqual([]);
});

test('a model that cannot be used leaves the running one, says why, and goes away with the next good one', async () => {
  media.configure({ ...CONFIG, revision: 2, model: ZIP });
  await vi.waitFor(() => expect(refusals.at(-1)).toMatchObject({ code: 'model.unreadable' }), POLL);
  expect(refusals.at(-1)?.message).toContain('is a zip archive');
  const before = framesOf('first');
  await vi.waitFor(() => expect(framesOf('first')).toBeGreaterThan(before + 5), POLL);
  media.configure({ ...CONFIG, revision: 3, model: SECOND });
  await vi.waitFor(() => expect(framesOf('second')).toBeGreaterThan(0), POLL);
  expect(refusals.at(-1)).toBeNull();
  expect(connections).toBe(1);
});
