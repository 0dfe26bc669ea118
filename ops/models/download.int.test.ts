import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { download, type DownloadOptions } from './download.ts';

const FILE = randomBytes(300_000);
const SHA256 = createHash('sha256').update(FILE).digest('hex');

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

let folder: string;
let target: string;
let servers: Server[];
let asked: { url: string; range: string | null }[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'footfall-download-'));
  target = join(folder, 'model.onnx');
  [servers, asked] = [[], []];
});
afterEach(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(folder, { recursive: true });
});

async function serve(...answers: Answer[]): Promise<string> {
  const server = createServer((request, response) => {
    asked.push({ url: request.url ?? '', range: request.headers.range ?? null });
    (answers.length > 1 ? answers.shift() : answers[0])?.(request, response);
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
}

const get = (url: string, options: Partial<DownloadOptions> = {}): Promise<void> =>
  download({
    ...{ url: `${url}/model.onnx`, sha256: SHA256, sizeBytes: FILE.length, target },
    ...{ proxyEnv: {}, onProgress: () => undefined, retryMs: 1 },
    ...options,
  });

/** As a file server does. */
const whole: Answer = (request, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const range = { 'content-range': `bytes ${String(from)}-${String(FILE.length - 1)}/${String(FILE.length)}` };
  response.writeHead(from === 0 ? 200 : 206, from === 0 ? {} : range).end(FILE.subarray(from));
};
const withoutRanges: Answer = (_, response) => {
  response.writeHead(200).end(FILE);
};
const status =
  (code: number): Answer =>
  (_, response) => {
    response.writeHead(code).end();
  };
/** Ends the connection when so many bytes of a file it promised whole have been kept. */
const cutAfter =
  (bytes: number): Answer =>
  (_, response) => {
    response.writeHead(200, { 'content-length': FILE.length });
    response.write(FILE.subarray(0, bytes));
    const part = `${target}.part`;
    void vi
      .waitFor(() => expect(statSync(part).size).toBe(bytes), { timeout: 10_000, interval: 2 })
      .then(() => response.socket?.end());
  };

const arrived = () => readFileSync(target).equals(FILE);

test('a file is brought, verified and put in place', async () => {
  await get(await serve(whole));
  expect(arrived()).toBe(true);
  expect(existsSync(`${target}.part`)).toBe(false);
  expect(asked).toEqual([{ url: '/model.onnx', range: null }]);
});

describe('going on where it stopped', () => {
  test('what came in an earlier attempt is not brought again', async () => {
    writeFileSync(`${target}.part`, FILE.subarray(0, 200_000));
    await get(await serve(whole));
    expect(arrived()).toBe(true);
    expect(asked).toEqual([{ url: '/model.onnx', range: 'bytes=200000-' }]);
  });

  test('a connection that breaks is made again, from the byte it broke at', async () => {
    await get(await serve(cutAfter(120_000), whole));
    expect(arrived()).toBe(true);
    expect(asked[1]?.range).toBe('bytes=120000-');
  });

  test('a server that knows no ranges sends it all again', async () => {
    writeFileSync(`${target}.part`, randomBytes(200_000));
    await get(await serve(withoutRanges));
    expect(arrived()).toBe(true);
  });

  test.each([
    ['says that there is no such byte', status(416)],
    [
      'sends another range',
      ((_, response) => response.writeHead(206, { 'content-range': 'bytes 5-9/10' }).end()) as Answer,
    ],
  ])('a server that %s is asked for the whole', async (_, answer) => {
    writeFileSync(`${target}.part`, FILE.subarray(0, 200_000));
    await get(await serve(answer, whole));
    expect(arrived()).toBe(true);
    expect(asked[1]?.range).toBeNull();
  });

  test('when it breaks again and again, what came is kept for the next time', async () => {
    const server = await serve(cutAfter(100_000), status(503));
    await expect(get(server)).rejects.toMatchObject({ code: 'setup.missing' });
    expect(asked).toHaveLength(4);
    expect(readFileSync(`${target}.part`).equals(FILE.subarray(0, 100_000))).toBe(true);
  });
});

describe('what is not the pinned file', () => {
  test('is thrown away, with both digests said', async () => {
    const server = await serve(whole);
    const wrong = get(server, { sha256: '0'.repeat(64) });
    await expect(wrong).rejects.toMatchObject({ code: 'model.unreadable' });
    await expect(wrong).rejects.toThrow(`sha256 ${SHA256} and not ${'0'.repeat(64)}`);
    expect(existsSync(target) || existsSync(`${target}.part`)).toBe(false);
  });

  test('is not taken beyond its size', async () => {
    const endless: Answer = (_, response) => {
      response.writeHead(200);
      const write = (): void => void response.write(FILE, write);
      write();
    };
    await expect(get(await serve(endless), { sizeBytes: 1000 })).rejects.toThrow('sends more than the 1000 bytes');
  });
});

describe('on the way', () => {
  test('redirects are followed to another server, with the range', async () => {
    const files = await serve(whole);
    const front = await serve((_, response) => response.writeHead(302, { location: `${files}/elsewhere` }).end());
    writeFileSync(`${target}.part`, FILE.subarray(0, 1000));
    await get(front);
    expect(arrived()).toBe(true);
    expect(asked).toEqual([
      { url: '/model.onnx', range: 'bytes=1000-' },
      { url: '/elsewhere', range: 'bytes=1000-' },
    ]);
  });

  test('redirects without end are given up', async () => {
    const loop = await serve((_, response) => response.writeHead(302, { location: '/again' }).end());
    await expect(get(loop)).rejects.toThrow('does not come to a file');
  });

  test('a file that is not there is not asked for twice', async () => {
    await expect(get(await serve(status(404)))).rejects.toThrow(/answered with status 404/);
    expect(asked).toHaveLength(1);
  });

  test('a proxy is used as the environment says, and left out where it says so', async () => {
    const proxy = await serve(whole);
    await get('http://models.invalid', { proxyEnv: { HTTP_PROXY: proxy } });
    expect(asked).toEqual([{ url: 'http://models.invalid/model.onnx', range: null }]);
    rmSync(target);
    const direct = await serve(whole);
    await get(direct, { proxyEnv: { http_proxy: proxy, no_proxy: '127.0.0.1' } });
    expect(asked[1]).toEqual({ url: '/model.onnx', range: null });
  });

  test('an encrypted address goes through a tunnel, and a proxy that refuses it is named without its password', async () => {
    const proxy = await serve(whole);
    const tunnels: string[] = [];
    servers[0]?.on('connect', (request, socket) => {
      tunnels.push(request.url ?? '');
      socket.end('HTTP/1.1 403 Forbidden\r\n\r\n');
    });
    const proxyEnv = { HTTPS_PROXY: proxy.replace('//', '//porter:secret@') };
    const refused = get('https://models.invalid', { proxyEnv });
    await expect(refused).rejects.toThrow(/models\.invalid cannot be reached .*403/);
    await expect(refused).rejects.not.toThrow('secret');
    expect(tunnels).toEqual(['models.invalid:443']);
  });

  test('without a connection it ends at once, naming the server', async () => {
    await expect(get('http://models.invalid')).rejects.toMatchObject({
      code: 'setup.missing',
      message: expect.stringContaining('models.invalid cannot be reached') as string,
    });
  });
});
