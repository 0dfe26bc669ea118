import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { JanusSession } from './janus-session.ts';
import type { RelayUnderTest } from './relay-under-test.ts';

const RTP_PORT = 5_004;
const HTTP_PORT = 8_088;
const MOUNTPOINT = 1;
const START_WITHIN_MS = 10_000;

export interface JanusInstallation {
  readonly program: string;
  /** Where its plugins, transports, events and loggers lie. */
  readonly library: string;
}

/**
 * Janus with its streaming plugin alone, ICE-lite, in a folder of its own. Its ports are fixed: it is to run in a network
 * namespace of its own. `eventLoops` null: a thread for each viewer, its default.
 */
export async function openJanus(
  { program, library }: JanusInstallation,
  address: string,
  eventLoops: number | null,
): Promise<RelayUnderTest> {
  const folder = mkdtempSync(join(tmpdir(), 'footfall-janus-'));
  writeConfiguration(folder, library, address, eventLoops);
  const child = spawn(program, ['--configs-folder', folder, '--config', join(folder, 'janus.jcfg'), '-N'], {
    stdio: 'ignore',
  });
  const close = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    if (child.exitCode === null && child.kill('SIGKILL')) await ended;
    rmSync(folder, { recursive: true });
  };
  try {
    const session = await started(`http://127.0.0.1:${String(HTTP_PORT)}/janus`);
    return {
      rtpPort: RTP_PORT,
      pid: child.pid ?? 0,
      join: async (crowd) => {
        const viewer = await session.watch(MOUNTPOINT);
        const { index, sdp } = await crowd.call('answer', { address, sdp: viewer.offerSdp });
        await viewer.start(sdp);
        return index;
      },
      close: async () => {
        session.close();
        await close();
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

async function started(url: string): Promise<JanusSession> {
  const deadlineMs = performance.now() + START_WITHIN_MS;
  for (;;) {
    try {
      return await JanusSession.open(url);
    } catch (error) {
      if (performance.now() > deadlineMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function writeConfiguration(folder: string, library: string, address: string, eventLoops: number | null): void {
  const allBut = (kind: string, kept: string): string =>
    readdirSync(join(library, kind))
      .filter((file) => file.endsWith('.so') && file !== kept)
      .join(',');
  writeFileSync(
    join(folder, 'janus.jcfg'),
    `general: {
  configs_folder = "${folder}"
  plugins_folder = "${join(library, 'plugins')}"
  transports_folder = "${join(library, 'transports')}"
  events_folder = "${join(library, 'events')}"
  loggers_folder = "${join(library, 'loggers')}"
  debug_level = 1
  ${eventLoops === null ? '' : `event_loops = ${String(eventLoops)}`}
}
nat: { ice_lite = true, ice_enforce_list = "${address}" }
plugins: { disable = "${allBut('plugins', 'libjanus_streaming.so')}" }
transports: { disable = "${allBut('transports', 'libjanus_http.so')}" }
loggers: { disable = "${allBut('loggers', '')}" }
`,
  );
  writeFileSync(
    join(folder, 'janus.transport.http.jcfg'),
    `general: { json = "compact", base_path = "/janus", http = true, port = ${String(HTTP_PORT)}, https = false }
admin: { admin_http = false, admin_https = false }
`,
  );
  writeFileSync(
    join(folder, 'janus.plugin.streaming.jcfg'),
    `camera: {
  type = "rtp"
  id = ${String(MOUNTPOINT)}
  media = ({
    type = "video", mid = "v", port = ${String(RTP_PORT)}, pt = 96, codec = "h264",
    fmtp = "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"
  })
}
`,
  );
}
