import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test, vi } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import { packetize } from '#media/h264/packetize.ts';
import { openDecoder } from '#media/frames/decoder.nodeav.ts';
import type { AnalysisFrame } from '#media/frames/frame.ts';
import type { OpenIngest } from '#media/ingest/ingest.port.ts';
import type { RelayCamera } from '#media/relay/relay.port.ts';
import { SlewedClock } from '#ops/runtime/clock.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import type { Inference } from '../inference/detector.port.ts';
import { InferenceShares } from '../inference/shares.ts';
import { Analysis } from './analysis.ts';
import { CameraMedia } from './camera-media.ts';

const FPS = 10;
const GOP = 20;
const FIGURE = { widthFrac: 0.15, topFrac: 0.3, bottomFrac: 0.8 } as const;
const CONFIG: CameraConfig = {
  ...{ id: 'hall', name: 'Hall', revision: 1, enabled: true, deleted: false, model: null, analysisFps: FPS },
  ...{ mainUrl: 'rtsp://127.0.0.1/main', subUrl: null, sealedCredentials: null, zones: [] },
  lines: [{ id: 'door', name: 'Door', p1: [0.5, 0.1], p2: [0.5, 0.95], anchor: 'foot' }],
};

const stop = new AbortController();
let media: CameraMedia | undefined;

afterEach(() => {
  stop.abort();
  media?.close();
});

/** Somebody walks from left to right through an empty room, within these pictures. */
function walk(from: number, until: number): ReturnType<typeof encodeClip> {
  return encodeClip({
    ...{ widthPx: 320, heightPx: 180, frames: until + 40, gop: GOP },
    luma: (frame, x, y) => {
      const left = 0.05 + (0.75 * (frame - from)) / (until - from);
      const isFigure = frame >= from && frame <= until && x >= left && x < left + FIGURE.widthFrac;
      return isFigure && y > FIGURE.topFrac && y < FIGURE.bottomFrac ? 200 : 60 + 40 * x;
    },
  });
}

/** Sees what is bright in the row that crosses the figure's middle. */
function detect({ rgb, widthPx, letterbox }: AnalysisFrame): Inference {
  const y = Math.round(letterbox.scaledHeightPx * 0.5);
  const bright: number[] = [];
  for (let x = 0; x < letterbox.scaledWidthPx; x += 1) if ((rgb[(y * widthPx + x) * 3] ?? 0) > 180) bright.push(x);
  const [first, last] = [bright[0], bright.at(-1)];
  if (first === undefined || last === undefined) return { detections: [], model: 'm@1', inferenceMs: 1 };
  const [x1, x2] = [first / letterbox.scaledWidthPx, last / letterbox.scaledWidthPx];
  const box = { x1, x2, y1: FIGURE.topFrac, y2: FIGURE.bottomFrac };
  return { detections: [{ box, score: 0.9 }], model: 'm@1', inferenceMs: 1 };
}

interface Play {
  /** The empty room again and again until it sleeps, however busy the machine is. */
  readonly sleepsFirst?: boolean;
  /** These pictures are held back on the way, and come together when the stall is over. */
  readonly stall?: { readonly from: number; readonly until: number };
}

/** Plays the clip in real time and resolves when somebody was counted. */
async function play(clip: ReturnType<typeof encodeClip>, { sleepsFirst = false, stall }: Play): Promise<number> {
  const clock = new SlewedClock();
  let crossings = 0;
  const played = Promise.withResolvers<null>();
  const openIngest: OpenIngest = ({ onPacket }) => {
    void (async () => {
      const beganAtMs = performance.now();
      let sequenceNumber = 0;
      let isAsleep = !sleepsFirst;
      for (let [place, i] = [0, 0]; place < clip.length; i += 1) {
        const isHeldBack = stall !== undefined && place >= stall.from && place < stall.until;
        const sentAt = isHeldBack ? i + stall.until - place : i;
        await sleep(Math.max(1, beganAtMs + (sentAt * 1000) / FPS - performance.now()));
        for (const { payload, marker } of packetize(clip[place]?.nalUnits ?? [])) {
          const timestamp = (i * 90_000) / FPS;
          const packet = { payloadType: 96, marker, sequenceNumber: sequenceNumber++, timestamp, ssrc: 1, payload };
          onPacket(packet, performance.now());
        }
        isAsleep ||= media?.load().asleep === true;
        place = place === GOP - 1 && !isAsleep ? 0 : place + 1;
      }
      played.resolve(null);
    })();
    const track = {
      ...({ codec: 'H264', payloadType: 96, parameterSets: [] } as const),
      ...{ widthPx: null, heightPx: null, fps: null, profileLevelId: null },
    };
    const stats = () => ({ packets: 0, bytes: 0, lostPackets: 0, ignoredPackets: 0 });
    return Promise.resolve({ track, ended: new Promise<never>(() => undefined), stats, close: () => undefined });
  };
  const card = { name: 'm@1', format: 'yolox', shape: { widthPx: 160, heightPx: 96, fit: 'letterbox' } } as const;
  const analysis = new Analysis(CONFIG, {
    pool: { detect: (_, __, frame) => Promise.resolve(detect(frame)) },
    monotonicMs: () => clock.monotonicMs(),
    epochMs: () => clock.epochMs(),
    onBoxes: () => undefined,
    onCrossing: () => (crossings += 1),
    onDismissal: () => undefined,
    onZoneFact: () => undefined,
    onFrame: () => undefined,
    onFrameLost: () => undefined,
  });
  media = new CameraMedia(CONFIG, {
    ...{ openIngest, openDecoder, analysis, clock },
    pool: { load: () => Promise.resolve(card) },
    shares: new InferenceShares({ monotonicMs: () => clock.monotonicMs(), capacityFps: () => null }),
    relay: { write: () => undefined, close: () => undefined } as Partial<RelayCamera> as RelayCamera,
    credentialsOf: () => null,
    onTraits: () => undefined,
    onModelRefused: () => undefined,
    onStills: () => undefined,
  });
  media
    .play({ camera: 'hall', role: 'analysed', onMedia: () => undefined, onQuiet: () => undefined }, stop.signal)
    .catch(() => undefined);
  await played.promise;
  await vi.waitFor(
    () => {
      expect(crossings).toBe(1);
    },
    { timeout: 20_000 },
  );
  return crossings;
}

test(
  'somebody who comes while a scene sleeps and is gone before its next key frame is counted',
  { timeout: 60_000 },
  async () => {
    expect(await play(walk(GOP + 3, GOP + 17), { sleepsFirst: true })).toBe(1);
  },
);

test('somebody who walks by while the network stalls is counted, although a newer key frame came with them', async () => {
  expect(await play(walk(GOP + 3, GOP + 17), { stall: { from: GOP + 2, until: 2 * GOP + 4 } })).toBe(1);
});
