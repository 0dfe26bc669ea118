import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import type { AppError } from '#protocol/errors.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import { openDecoder } from '#media/frames/decoder.nodeav.ts';
import { packetize } from '#media/h264/packetize.ts';
import type { OpenIngest } from '#media/ingest/ingest.port.ts';
import type { RelayCamera } from '#media/relay/relay.port.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { onnxFile } from '#ops/testkit/onnx-file.ts';
import type { DetectorPool } from '../inference/detector.port.ts';
import { gridCells } from '../inference/models/grid.ts';
import { openDetectorPool } from '../inference/pool.ts';
import { InferenceShares } from '../inference/shares.ts';
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
/** Pictures. */
let sent: number;
/** The model of each frame. */
let frames: string[];
let boxes: BoxesMessage[];
let shown: Set<number>;
let refusals: (AppError | null)[];

/**
 * A camera that plays a still clip for ever, each picture when the one before was analysed: on a busy machine it is slow
 * and loses nothing, so that what is lost was lost by the switch.
 */
const openIngest: OpenIngest = (options, signal) => {
  connections += 1;
  void (async () => {
    let sequenceNumber = 0;
    await sleep(1); // No packet comes before the session is there.
    for (let picture = 0; !signal.aborted; picture += 1) {
      const { nalUnits } = CLIP[picture % CLIP.length] ?? { nalUnits: [] };
      sent += 1;
      for (const { payload, marker } of packetize(nalUnits)) {
        sequenceNumber = (sequenceNumber + 1) % 65_536;
        const timestamp = (picture * 90_000) / FPS;
        const packet = { payloadType: 96, marker, sequenceNumber, timestamp, ssrc: 1, payload };
        options.onPacket(packet, performance.now());
      }
      await sleep(1000 / FPS);
      while (frames.length < sent && !signal.aborted) await sleep(5);
    }
  })();
  const track = {
    ...({ codec: 'H264', payloadType: 96, parameterSets: [] } as const),
    ...{ widthPx: null, heightPx: null, fps: null, profileLevelId: null },
  };
  const stats = () => ({ packets: 0, bytes: 0, lostPackets: 0, ignoredPackets: 0 });
  return Promise.resolve({ track, ended: new Promise<never>(() => undefined), stats, close: () => undefined });
};

beforeEach(async () => {
  [connections, sent, frames, boxes, shown, refusals] = [0, 0, [], [], new Set(), []];
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
    onFrame: (_, model) => frames.push(model),
    onFrameLost: (error) => {
      throw error;
    },
  });
  const relay = {
    isWatched: true,
    write: ({ rtpTimestamp }) => shown.add(rtpTimestamp),
    close: () => undefined,
  } as Partial<RelayCamera>;
  media = new CameraMedia(CONFIG, {
    openIngest,
    openDecoder,
    pool,
    shares: new InferenceShares({ monotonicMs: () => clock.monotonicMs(), capacityFps: () => null }),
    relay: relay as RelayCamera,
    analysis,
    clock,
    credentialsOf: () => null,
    onTraits: () => undefined,
    onModelRefused: (error) => refusals.push(error),
    onStills: () => undefined,
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
  return frames.filter((model) => model.startsWith(`${name}@`)).length;
}

test("another model takes a running camera's next frames: no connection, picture or frame is lost, tracks go on", async () => {
  media.configure({ ...CONFIG, revision: 2, model: SECOND });
  await vi.waitFor(() => expect(framesOf('second')).toBeGreaterThan(10), POLL);
  const models = frames.map((model) => model.split('@')[0]);
  expect(models.lastIndexOf('first')).toBeLessThan(models.indexOf('second'));
  expect(connections).toBe(1);
  expect(analysis.run).toBe(1);
  expect(sent - shown.size).toBeLessThanOrEqual(1);
  expect(sent - frames.length).toBeLessThanOrEqual(1);
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
