import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readEnv } from '#ops/runtime/env.ts';
import { encodeClip } from '#ops/testkit/h264-clip.ts';
import { AccessUnitAssembler } from '../access-unit.ts';
import { toAnnexB } from '../h264/annexb.ts';
import { isSlice } from '../h264/nal-unit.ts';
import type { AccessUnit } from '../packet.ts';
import type { Credentials } from './ingest.port.ts';
import { probeIngest } from './ingest.rtsp.ts';
import { failure, onFinished, open } from './ingest-rig.ts';
import { selfSigned } from './self-signed.ts';

/** The system's Python, since GStreamer's bindings belong to it. */
const PYTHON = '/usr/bin/python3';
const SERVER = fileURLToPath(new URL('gst-server.py', import.meta.url));
const PACKAGES = 'gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-good gstreamer1.0-plugins-bad';
const FPS = 15;
const viewer = { username: 'viewer', password: 'wide open' };

const missing = findMissing();
const why = `GStreamer's RTSP server is not installed (${missing}): apt-get install --no-install-recommends ${PACKAGES}`;
const isRequired = readEnv().requirePeers;

function findMissing(): string {
  const probe =
    'import gi; gi.require_version("GstRtspServer", "1.0"); from gi.repository import Gst, GstRtspServer; Gst.init(None)';
  const elements =
    'import sys; sys.exit(", ".join(n for n in ("h264parse", "rtph264pay") if not Gst.ElementFactory.find(n)) or 0)';
  try {
    execFileSync(PYTHON, ['-c', `${probe}; ${elements}`], { stdio: ['ignore', 'ignore', 'pipe'] });
    return '';
  } catch (error) {
    const stderr = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    return stderr.split('\n').at(-1) ?? 'unknown reason';
  }
}

if (missing !== '' && isRequired) {
  it('has the peer it needs', () => {
    expect.fail(why);
  });
} else if (missing !== '') {
  it.skip(why);
}

describe.runIf(missing === '')("GStreamer's RTSP server", () => {
  const clip = encodeClip({
    widthPx: 640,
    heightPx: 360,
    frames: 45,
    gop: 15,
    luma: (frame, x, y) => (frame * 5 + x * 100 + y * 90) % 256,
  });
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'footfall-peer-'));
    for (const [index, { nalUnits }] of clip.entries()) {
      writeFileSync(join(folder, `${String(index).padStart(5, '0')}.h264`), toAnnexB(nalUnits));
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });

  /** The peer's address of the clip. */
  async function serve(login: 'none' | 'basic' | 'digest', certificate: string | null = null): Promise<string> {
    const options = { pictures: folder, fps: FPS, login, certificate };
    const server = spawn(PYTHON, [SERVER, JSON.stringify(options)], { stdio: ['pipe', 'pipe', 'inherit'] });
    onFinished(() => {
      server.kill('SIGKILL');
    });
    const [port] = (await once(server.stdout, 'data')) as [Buffer];
    return `${certificate === null ? 'rtsp' : 'rtsps'}://127.0.0.1:${port.toString().trim()}/clip`;
  }

  /** Plays to the end and gives what was put together. */
  async function play(
    url: string,
    credentials: Credentials | null,
  ): Promise<{ units: AccessUnit[]; reports: number; ended: string }> {
    const units: AccessUnit[] = [];
    let assembler: AccessUnitAssembler | null = null;
    const { session, reports } = await open(url, {
      credentials,
      onPacket: (packet, receivedAtMs) => assembler?.push(packet, receivedAtMs),
    });
    assembler = new AccessUnitAssembler({
      track: session.track,
      ticksOf: (rtpTimestamp) => rtpTimestamp,
      onUnit: (unit) => units.push(unit),
    });
    const error = await session.ended;
    expect(session.stats()).toMatchObject({ lostPackets: 0, ignoredPackets: 0 });
    return { units, reports: reports.length, ended: error?.code ?? 'closed' };
  }

  const slices = (pictures: readonly { nalUnits: readonly Buffer[] }[]): string[] =>
    pictures.map(({ nalUnits }) => Buffer.concat(nalUnits.filter(isSlice)).toString('base64'));

  it('is played bit by bit as the file was, to its goodbye', async () => {
    const { units, reports, ended } = await play(await serve('none'), null);
    expect(slices(units)).toEqual(slices(clip));
    expect(units.map((unit) => unit.isKeyFrame)).toEqual(clip.map((picture) => picture.isKeyFrame));
    expect(units.some((unit) => unit.isDamaged)).toBe(false);
    const steps = units.slice(1).map((unit, at) => (unit.rtpTimestamp - (units[at]?.rtpTimestamp ?? 0)) >>> 0);
    for (const step of steps) expect(Math.abs(step - 90_000 / FPS)).toBeLessThanOrEqual(1);
    expect(reports).toBeGreaterThan(0);
    expect(ended).toBe('camera.closed-connection');
  });

  it.each(['basic', 'digest'] as const)('lets us in by %s and refuses a wrong password', async (login) => {
    const url = await serve(login);
    const { session } = await open(url, { credentials: viewer });
    expect(session.track).toMatchObject({ codec: 'H264', payloadType: 97, widthPx: 640, heightPx: 360 });
    session.close();
    expect(await session.ended).toBeNull();
    expect((await failure(url, { credentials: { ...viewer, password: 'wrong' } })).code).toBe('camera.refused-login');
    expect((await failure(url)).code).toBe('camera.refused-login');
  });

  it('is played over TLS', async () => {
    const { key, cert } = selfSigned();
    const { units } = await play(await serve('none', cert + key), null);
    expect(slices(units)).toEqual(slices(clip));
  });

  it('is probed, and has no stream at another path', async () => {
    const url = await serve('none');
    const options = { url, credentials: null, connectTimeoutMs: 5000 };
    expect(await probeIngest(options, new AbortController().signal)).toMatchObject({ widthPx: 640, heightPx: 360 });
    expect((await failure(`${url}-not`)).code).toBe('camera.path-not-found');
  });
});
