import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { openLog } from '#ops/runtime/log.ts';
import { Shutdown } from '#ops/runtime/shutdown.ts';
import { toAppError } from '#protocol/errors.ts';
import { readArguments, type CameraArgument, type SimulatorArguments } from './arguments.ts';
import { openControl } from './control.ts';
import { openSceneLoop } from './loop.ts';
import type { LoopStream, SceneLoop } from './loop.port.ts';
import { offsetThatWrapsAfter, randomRtpClock } from './rtp-clock.ts';
import type { Login } from './rtsp-auth.ts';
import { openRtspServer } from './rtsp-server.ts';
import { createScene } from './scene.ts';
import { SimulatedCamera, type StreamTraits } from './simulated-camera.ts';
import { loopSource } from './source.ts';

const log = openLog('simulator', 'info');
/** So soon that a wrap of the RTP time is nothing rare: each camera has one stream that wraps. */
const WRAPS_AFTER_S = 20;
/** Rendered before the first picture is offered: a busy machine may render slower than it plays for a while. */
const HEAD_START_MS = 16_000;

async function start(settings: SimulatorArguments, shutdown: Shutdown): Promise<void> {
  const loops = new Map<string, Promise<SceneLoop>>();
  shutdown.add('loops', async () => {
    await Promise.all([...loops.values()].map(async (loop) => (await loop).close()));
  });
  const cameras = await Promise.all(settings.cameras.map((camera) => openCamera(camera, settings.cacheDir, loops)));
  await Promise.all([...loops.values()].map(async (loop) => headStart(await loop)));
  shutdown.add('cameras', () => {
    for (const camera of cameras) camera.close();
  });
  const streams = new Map(cameras.flatMap((camera) => [...camera.paths()]));
  const rtsp = await openRtspServer({ port: settings.rtspPort, streams });
  shutdown.add('rtsp', () => rtsp.close());
  const control = await openControl(cameras, settings.controlPort);
  shutdown.add('control', () => control.close());
  const urlOf = (name: string, stream: LoopStream): string => `rtsp://127.0.0.1:${String(rtsp.port)}/${name}/${stream}`;
  const ready = {
    rtspPort: rtsp.port,
    controlPort: control.port,
    cameras: cameras.map(({ name, login }) => ({
      name,
      mainUrl: urlOf(name, 'main'),
      subUrl: urlOf(name, 'sub'),
      login: login === null ? null : { username: login.username, password: login.password },
    })),
  };
  process.stdout.write(`${JSON.stringify(ready)}\n`);
  log.info({ rtspPort: rtsp.port, controlPort: control.port, cameras: cameras.length }, 'simulated cameras are ready');
}

async function headStart(loop: SceneLoop): Promise<void> {
  while (loop.progress() * loop.durationMs < HEAD_START_MS) await sleep(100);
}

/** Cameras that show the same scene share its loop, not its clock. */
async function openCamera(
  argument: CameraArgument,
  cacheDir: string,
  loops: Map<string, Promise<SceneLoop>>,
): Promise<SimulatedCamera> {
  const { name, scene, seed, sendsReports } = argument;
  const key = `${scene} ${String(seed)}`;
  const opening = loops.get(key) ?? openSceneLoop({ scene, seed, cacheDir });
  loops.set(key, opening);
  const loop = await opening;
  const wrapping: LoopStream = scene === 'entrance' ? 'main' : 'sub';
  const traits = (stream: LoopStream): StreamTraits => {
    const rtpClock = randomRtpClock();
    const offset = stream === wrapping ? offsetThatWrapsAfter(WRAPS_AFTER_S) : rtpClock.offset;
    return { sendsReports, rtpClock: { ...rtpClock, offset } };
  };
  return new SimulatedCamera({
    name,
    scene: createScene(scene, seed),
    main: loopSource(loop.main),
    sub: loopSource(loop.sub),
    login: argument.needsLogin ? madeUpLogin() : null,
    traits: { main: traits('main'), sub: traits('sub') },
  });
}

function madeUpLogin(): Login {
  const password = randomBytes(12).toString('hex');
  return { username: 'operator', password, schemes: ['digest-sha-256', 'digest-md5', 'basic'] };
}

const shutdown = new Shutdown(log);
shutdown.listen();
try {
  await start(readArguments(process.argv.slice(2)), shutdown);
} catch (error) {
  const { code, message } = toAppError(error);
  log.error({ code }, message);
  await shutdown.run();
  process.exitCode = 1;
}
