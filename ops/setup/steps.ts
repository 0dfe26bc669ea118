import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AppError } from '#protocol/errors.ts';
import type { Env } from '#ops/runtime/env.ts';
import { findProgram, projectRoot } from '#ops/runtime/paths.ts';
import { aptInstall } from './apt.ts';
import { mediasoupStep } from './mediasoup.ts';
import { runCommand, type SetupStep } from './step.ts';

const WEB_STAMP = 'web/build/.sources';

/** What `npm run check` needs: the types of the routes are made with the build. */
export function checkSteps(): SetupStep[] {
  return [webBuildStep()];
}

/** What `npm start` needs. */
export function startSteps(env: Env): SetupStep[] {
  return [natsStep(env), webBuildStep()];
}

/** What `npm test` needs on top. */
export function testSteps(env: Env): SetupStep[] {
  return [
    ...startSteps(env),
    chromiumStep(env),
    ffmpegStep(env),
    rtspPeerStep(env),
    webrtcPeerStep(env),
    turnStep(env),
  ];
}

/** Steps that can be asked for by name: `npm run setup -- NAME`. */
export function namedSteps(env: Env): Record<string, SetupStep[]> {
  return {
    start: startSteps(env),
    test: testSteps(env),
    mediasoup: [mediasoupStep(env)],
    web: [webBuildStep()],
  };
}

function natsStep(env: Env): SetupStep {
  return {
    name: 'nats-server',
    purpose: 'carries facts and commands between processes',
    ready: () => {
      if (env.natsUrl !== null) return true;
      if (env.natsServerBin === null) return findProgram('nats-server', env.path) !== null;
      requireFile(env.natsServerBin, 'NATS_SERVER_BIN');
      return true;
    },
    run: () => aptInstall(['nats-server'], { what: 'nats-server', variable: 'NATS_SERVER_BIN', path: env.path }),
  };
}

function chromiumStep(env: Env): SetupStep {
  return {
    name: 'Chromium',
    purpose: 'plays the part of the browser in the tests',
    ready: () => {
      if (env.chromiumBin === null) return findProgram('chromium', env.path) !== null;
      requireFile(env.chromiumBin, 'CHROMIUM_BIN');
      return true;
    },
    run: () => aptInstall(['chromium'], { what: 'Chromium', variable: 'CHROMIUM_BIN', path: env.path }),
  };
}

function ffmpegStep(env: Env): SetupStep {
  return {
    name: 'ffmpeg',
    purpose: "checks our RTSP against somebody else's, in the tests",
    ready: () => findProgram('ffprobe', env.path) !== null,
    run: () => aptInstall(['ffmpeg'], { what: 'ffmpeg', variable: null, path: env.path }),
  };
}

function rtspPeerStep(env: Env): SetupStep {
  const packages = [
    'python3-gi',
    'gir1.2-gst-rtsp-server-1.0',
    'gstreamer1.0-plugins-good',
    'gstreamer1.0-plugins-bad',
  ];
  return {
    name: 'an RTSP server we did not write',
    purpose: 'gst-rtsp-server, in the tests',
    ready: rtspPeerPresent,
    run: () => aptInstall(packages, { what: 'gst-rtsp-server', variable: null, path: env.path }),
  };
}

function turnStep(env: Env): SetupStep {
  return {
    name: 'coturn',
    purpose: 'a TURN server we did not write, in the tests',
    ready: () => findProgram('turnserver', env.path) !== null,
    // Debian would run it at once, open to everybody.
    run: () => aptInstall(['coturn'], { what: 'coturn', variable: null, path: env.path, stopped: 'coturn.service' }),
  };
}

/** The server's binding and the plugin that parses H.264. */
function rtspPeerPresent(): boolean {
  return librariesPresent('girepository-1.0/GstRtspServer-1.0.typelib', 'gstreamer-1.0/libgstvideoparsersbad.so');
}

function webrtcPeerStep(env: Env): SetupStep {
  const packages = ['python3-gi', 'gir1.2-gst-plugins-bad-1.0', 'gstreamer1.0-plugins-bad', 'gstreamer1.0-nice'];
  return {
    name: 'a WebRTC player we did not write',
    purpose: "GStreamer's webrtcbin, in the tests",
    ready: () =>
      librariesPresent(
        ...['girepository-1.0/GstWebRTC-1.0.typelib', 'gstreamer-1.0/libgstnice.so', 'gstreamer-1.0/libgstwebrtc.so'],
      ),
    run: () => aptInstall(packages, { what: "GStreamer's WebRTC", variable: null, path: env.path }),
  };
}

function librariesPresent(...files: readonly string[]): boolean {
  const libraries = `/usr/lib/${process.arch === 'arm64' ? 'aarch64' : 'x86_64'}-linux-gnu`;
  return files.every((file) => existsSync(join(libraries, file)));
}

/** The web app is built when its sources (or what they import) changed since the last build. */
function webBuildStep(): SetupStep {
  return {
    name: 'the web app',
    purpose: 'vite build',
    ready: () =>
      existsSync(join(projectRoot, WEB_STAMP)) &&
      readFileSync(join(projectRoot, WEB_STAMP), 'utf8') === webSourcesHash(),
    run: async () => {
      await runCommand(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'web'], {
        cwd: projectRoot,
        quiet: true,
      });
      writeFileSync(join(projectRoot, WEB_STAMP), webSourcesHash());
    },
  };
}

/** A hash over names and contents of everything the build reads. */
function webSourcesHash(): string {
  const hash = createHash('sha256');
  for (const entry of ['web', 'protocol', 'db', 'ops/runtime', 'svelte.config.js', 'package-lock.json'])
    hashTree(hash, entry);
  return hash.digest('hex');
}

function hashTree(hash: ReturnType<typeof createHash>, relative: string): void {
  const path = join(projectRoot, relative);
  if (!existsSync(path) || ['build', '.svelte-kit', 'e2e'].includes(relative.split('/').at(-1) ?? '')) return;
  if (statSync(path).isDirectory()) {
    for (const name of readdirSync(path).sort()) hashTree(hash, `${relative}/${name}`);
  } else {
    hash.update(relative).update('\0').update(readFileSync(path));
  }
}

function requireFile(path: string, variable: string): void {
  if (!existsSync(path)) throw new AppError('setup.missing', `${variable} points at ${path}, which does not exist`);
}
