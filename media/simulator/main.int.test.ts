import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const MAIN = join(import.meta.dirname, 'main.ts');

interface Ready {
  readonly rtspPort: number;
  readonly controlPort: number;
  readonly cameras: readonly {
    readonly name: string;
    readonly mainUrl: string;
    readonly subUrl: string;
    readonly login: { readonly username: string; readonly password: string } | null;
  }[];
}

const running: ChildProcess[] = [];
const folders: string[] = [];

async function start(...options: string[]): Promise<{ child: ChildProcess; ready: Ready }> {
  const cacheDir = await mkdtemp(join(tmpdir(), 'simulator-'));
  folders.push(cacheDir);
  const child = spawn(process.execPath, [MAIN, '--cache-dir', cacheDir, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.push(child);
  const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
  return { child, ready: JSON.parse(line) as Ready };
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  const exited = once(child, 'exit') as Promise<[number | null]>;
  child.kill('SIGTERM');
  return (await exited)[0];
}

async function probe(url: string): Promise<string> {
  const wanted = ['-show_entries', 'stream=codec_name,width,height,r_frame_rate', '-of', 'csv=p=0'];
  const { stdout } = await run('ffprobe', ['-v', 'error', '-rtsp_transport', 'tcp', ...wanted, url], {
    timeout: 30_000,
  });
  return stdout.trim();
}

afterEach(async () => {
  for (const child of running.splice(0)) await stop(child);
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});

describe('the simulator as a process', () => {
  // It renders both scenes first, which takes as long as the machine is busy.
  it('plays entrance and hall, main and sub, tells the truth, and ends on SIGTERM', { timeout: 240_000 }, async () => {
    const { child, ready } = await start('--with-login', 'hall', '--without-reports', 'hall');
    expect(ready.cameras.map(({ name }) => name)).toEqual(['entrance', 'hall']);
    const [entrance, hall] = ready.cameras;
    if (entrance === undefined || !hall?.login) throw new Error('two cameras were expected, hall with a login');
    expect(entrance.mainUrl).toBe(`rtsp://127.0.0.1:${String(ready.rtspPort)}/entrance/main`);
    expect(await probe(entrance.mainUrl)).toBe('h264,1280,720,15/1');
    const { username, password } = hall.login;
    expect(await probe(hall.subUrl.replace('//', `//${username}:${password}@`))).toBe('h264,640,360,10/1');
    await expect(probe(hall.subUrl)).rejects.toThrow('401');
    const cameras = (await (await fetch(`http://127.0.0.1:${String(ready.controlPort)}/cameras`)).json()) as unknown[];
    expect(cameras).toMatchObject([
      { name: 'entrance', startedAtMs: expect.any(Number) as number },
      { name: 'hall', startedAtMs: expect.any(Number) as number },
    ]);
    expect(await stop(child)).toBe(0);
  });

  it('ends with a clear line when an argument is wrong', async () => {
    const failed = run(process.execPath, [MAIN, '--cache-dir', tmpdir(), '--cameras', 'garage:1'], { timeout: 20_000 });
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining('there is no scene \\"garage\\"') as string,
    });
  });
});
