import { expect, it } from 'vitest';
import type { Clock } from '#ops/runtime/clock.ts';
import { CameraTimeline } from '../timeline.ts';
import type { IngestOptions, OpenIngest } from './ingest.port.ts';
import { openPictures } from './pictures.ts';

const clock: Clock = { monotonicMs: () => 0, epochMs: () => 1_790_000_000_000 };
const SLICE = Buffer.from([0x41, 0x9a, 0x21, 0x6c]);

it('ends with camera.no-frames when packets come for a minute and a half without a key frame', async () => {
  let feed: IngestOptions['onPacket'] = () => undefined;
  let isClosed = false;
  const openIngest: OpenIngest = (options) => {
    feed = options.onPacket;
    return Promise.resolve({
      track: {
        ...({ codec: 'H264', payloadType: 96, parameterSets: [] } as const),
        ...{ widthPx: null, heightPx: null, fps: null, profileLevelId: null },
      },
      ended: new Promise<null>(() => undefined),
      stats: () => ({ packets: 0, bytes: 0, lostPackets: 0, ignoredPackets: 0 }),
      close: () => (isClosed = true),
    });
  };
  const units: unknown[] = [];
  const session = await openPictures(
    {
      ...{ openIngest, clock, url: 'rtsp://cam/', credentials: null, connectTimeoutMs: 1, silenceMs: 1 },
      stream: new CameraTimeline(clock).stream('main'),
      onUnit: (unit) => units.push(unit),
    },
    new AbortController().signal,
  );
  let ended: unknown = 'not yet';
  void session.ended.then((error) => (ended = error));
  const send = (fromS: number, toS: number): void => {
    for (let second = fromS; second < toS; second += 1) {
      const packet = { payloadType: 96, marker: true, sequenceNumber: second, ssrc: 1, payload: SLICE };
      feed({ ...packet, timestamp: second * 90_000 }, second * 1000);
    }
  };
  send(0, 89);
  await Promise.resolve();
  expect(ended).toBe('not yet');
  send(89, 100);
  expect(await session.ended).toMatchObject({ code: 'camera.no-frames', retryable: true });
  expect(units).toEqual([]);
  expect(isClosed).toBe(true);
});
