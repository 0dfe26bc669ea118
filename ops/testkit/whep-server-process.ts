import { openRelay } from '#media/relay/choose.ts';
import { answerViewers } from '#actors/viewer/viewer-requests.ts';
import type { CameraMedia } from '#actors/camera/camera-media.ts';
import { openBus } from '#ops/runtime/bus.ts';
import { readEnv, readSecretFile } from '#ops/runtime/env.ts';
import { mediasoupWorkerBin } from '#ops/runtime/paths.ts';
import type { Backend } from '#web/lib/server/backend.ts';
import { serveWeb } from '#web/lib/server/serve.ts';
import { openViewing } from '#web/lib/server/viewing.ts';
import { ClipCamera } from './clip-camera.ts';
import { encodeClip } from './h264-clip.ts';
import { silentLog as log } from './log.ts';

/**
 * Web server and relay with a bus between them, as the product has them, around two cameras that play a clip; without
 * database and analysis. Settings by environment. Prints one JSON line once it serves, and ends with its parent.
 */
const FPS = 15;
const CAMERAS = ['hall', 'door'];

const env = readEnv();
const bus = await openBus({
  url: env.natsUrl ?? '',
  user: env.natsUser,
  passwordFile: env.natsPasswordFile,
  name: 'test',
  log,
});
const relay = await openRelay({
  prefer: env.relay,
  mediasoupWorkerBin: mediasoupWorkerBin(env),
  mediasoupWorkers: 1,
  viewersPerWorker: env.relayViewersPerWorker,
  listenAddresses: [env.host],
  announcedAddress: null,
  firstPort: null,
  maxViewersPerCamera: env.maxViewersPerCamera,
  log,
});

const clip = encodeClip({
  widthPx: 320,
  heightPx: 240,
  frames: 30,
  gop: 15,
  luma: (frame, x, y) => 40 + ((frame * 6 + x * 90 + y * 90) % 150),
});
for (const name of CAMERAS) {
  const camera = relay.openCamera(name, {
    onViewers: () => undefined,
    onKeyFrameRequest: () => undefined,
    newestGop: () => source.newestGop,
  });
  const source = new ClipCamera(clip, FPS, 90_000, (packet) => {
    camera.write(packet);
  });
  source.start();
  const media = { relay: camera, poster: () => Promise.resolve(null) } as unknown as CameraMedia;
  answerViewers(bus, name, media, () => undefined);
}

const turnSecret = env.turnSecretFile === null ? null : readSecretFile(env.turnSecretFile);
const backend = {
  bus,
  hub: { cameras: () => CAMERAS.map((id) => ({ id })) },
  viewing: openViewing(env, turnSecret, bus),
  log,
  host: env.host,
} as unknown as Backend;
const { port } = await serveWeb(backend, null);
process.stdout.write(`${JSON.stringify({ port, relay: relay.kind })}\n`);

process.stdin.resume().on('close', () => {
  void relay.close().then(() => process.exit(0));
});
