import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { readEnv } from '#ops/runtime/env.ts';
import { startWhepServer } from '#ops/testkit/whep-server.ts';

/** The system's Python, since GStreamer's bindings belong to it. */
const PYTHON = '/usr/bin/python3';
const PLAYER = fileURLToPath(new URL('gst-player.py', import.meta.url));
const PACKAGES = 'python3-gi gir1.2-gst-plugins-bad-1.0 gstreamer1.0-plugins-bad gstreamer1.0-nice';
const SOON = { timeout: 20_000, interval: 100 };

const missing = findMissing();
const why = `GStreamer's WebRTC is not installed (${missing}): apt-get install --no-install-recommends ${PACKAGES}`;

function findMissing(): string {
  const probe =
    'import sys, gi; gi.require_version("GstWebRTC", "1.0"); from gi.repository import Gst, GstWebRTC; Gst.init(None); ' +
    'sys.exit(", ".join(n for n in ("webrtcbin", "nicesrc", "rtph264depay", "openh264dec") if not Gst.ElementFactory.find(n)) or 0)';
  try {
    execFileSync(PYTHON, ['-c', probe], { stdio: ['ignore', 'ignore', 'pipe'] });
    return '';
  } catch (error) {
    const stderr = String((error as { stderr?: Buffer }).stderr ?? error).trim();
    return stderr.split('\n').at(-1) ?? 'unknown reason';
  }
}

if (missing !== '' && readEnv().requirePeers) {
  it('has the peer it needs', () => {
    expect.fail(why);
  });
} else if (missing !== '') {
  it.skip(why);
}

describe.runIf(missing === '')("GStreamer's webrtcbin", () => {
  it('plays a camera over WHEP and ends its session', async () => {
    const server = await startWhepServer();
    const player = spawn(PYTHON, [PLAYER, `${server.url}/whep/hall`], { stdio: ['pipe', 'pipe', 'inherit'] });
    const ended = once(player, 'close');
    try {
      const pictures: unknown[] = [];
      createInterface({ input: player.stdout }).on('line', (line) => pictures.push(JSON.parse(line)));
      await vi.waitFor(() => expect(pictures.length).toBeGreaterThan(30), SOON);
      expect(pictures.at(-1)).toEqual({ widthPx: 320 });
      player.stdin.end();
      expect(await ended).toEqual([0, null]);
    } finally {
      player.kill('SIGKILL');
      await server.close();
    }
  });
});
