import { get } from 'node:http';
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { nalType } from '../h264/nal-unit.ts';
import type { TrueScene } from './camera-truth.ts';
import { openControl } from './control.ts';
import { openRtspServer } from './rtsp-server.ts';
import { SimulatedCamera } from './simulated-camera.ts';
import type { Source } from './source.ts';
import { TestClient } from './test-client.ts';
import { makeFilm } from './test-film.ts';

let big: Source;
let small: Source;
const closing: (() => unknown)[] = [];

async function open() {
  const scene: TrueScene & { seed: number } = {
    seed: 77,
    durationMs: 10_000,
    line: { id: 'door', name: 'Door', p1: [0, 0.5], p2: [1, 0.5], anchor: 'foot' },
    crossings: () => [{ tMs: 50, direction: 'in', walkerId: 'a' }],
    truthBoxes: () => [{ walkerId: 'a', box: { x1: 0, y1: 0, x2: 1, y2: 1 }, visibility: 1, foot: [0, 0] }],
  };
  const camera = new SimulatedCamera({ name: 'door', main: big, sub: small, scene });
  const other = new SimulatedCamera({ name: 'yard', main: big, sub: small, scene: null });
  const streams = new Map([...camera.paths(), ...other.paths()]);
  const server = await openRtspServer({ port: 0, streams });
  const control = await openControl([camera, other], 0);
  closing.push(() => Promise.all([camera.close(), other.close(), server.close(), control.close()]));
  const url = (path: string): string => `rtsp://127.0.0.1:${String(server.port)}/${path}`;
  const connect = async (): Promise<TestClient> => {
    const client = await TestClient.open(server.port);
    closing.push(() => {
      client.close();
    });
    return client;
  };
  const playing = async (path = 'door/sub'): Promise<TestClient> => {
    const client = await connect();
    expect((await client.play(url(path))).status).toBe(200);
    await vi.waitFor(() => {
      expect(client.rtp.length).toBeGreaterThan(0);
    });
    return client;
  };
  const call = async (path: string, init: RequestInit = {}) => {
    const response = await fetch(`http://127.0.0.1:${String(control.port)}${path}`, init);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const fault = (body: unknown, name = 'door') =>
    call(`/cameras/${name}/fault`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
  return { url, connect, playing, call, fault, controlPort: control.port };
}

async function grows(client: TestClient, withinMs = 1500): Promise<boolean> {
  const before = client.rtp.length;
  const isMore = (): void => {
    expect(client.rtp.length).toBeGreaterThan(before);
  };
  return vi.waitFor(isMore, withinMs).then(
    () => true,
    () => false,
  );
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

beforeAll(async () => {
  big = await makeFilm(1280, 720);
  small = await makeFilm(640, 360);
});

afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

describe('faults on command', () => {
  it('freeze: stays connected and sends nothing, not even answers, until it recovers at a key frame', async () => {
    const { playing, fault, url } = await open();
    const client = await playing();
    await fault({ kind: 'freeze' });
    await pause(100);
    const answer = vi.fn();
    void client.request('OPTIONS', url('door/sub')).then(answer);
    expect(await grows(client, 400)).toBe(false);
    expect(answer).not.toHaveBeenCalled();
    expect(client.isClosed).toBe(false);
    const received = client.rtp.length;
    await fault({ kind: 'recover' });
    expect(await grows(client)).toBe(true);
    expect(nalType(client.rtp[received]?.payload ?? Buffer.alloc(0))).toBe(24);
  });

  it('freeze: recovers by itself when told for how long', async () => {
    const { playing, fault, call } = await open();
    const client = await playing();
    await fault({ kind: 'freeze', forMs: 300 });
    expect((await call('/cameras/door/truth')).body).toMatchObject({ fault: { kind: 'freeze' } });
    await pause(100);
    expect(await grows(client)).toBe(true);
    expect((await call('/cameras/door/truth')).body['fault']).toBeNull();
  });

  it('drop: cuts every connection of the camera, no other, and lets them come back', async () => {
    const { playing, fault } = await open();
    const [main, sub, other] = [await playing('door/main'), await playing('door/sub'), await playing('yard/sub')];
    await fault({ kind: 'drop' });
    await vi.waitFor(() => {
      expect([main.isClosed, sub.isClosed]).toEqual([true, true]);
    });
    expect(other.isClosed).toBe(false);
    await playing('door/main');
  });

  it('offline: cuts every connection and every new one, until recovery', async () => {
    const { playing, connect, fault, url } = await open();
    const client = await playing();
    await fault({ kind: 'offline' });
    const late = await connect();
    void late.request('OPTIONS', url('door/main'));
    await vi.waitFor(() => {
      expect([client.isClosed, late.isClosed]).toEqual([true, true]);
    });
    await fault({ kind: 'recover' });
    await playing();
  });

  it('refuse: goes on with who plays, and answers 503 to who is new', async () => {
    const { playing, connect, fault, url } = await open();
    const client = await playing();
    await fault({ kind: 'refuse' });
    expect((await (await connect()).play(url('door/sub'))).status).toBe(503);
    expect((await (await connect()).play(url('yard/sub'))).status).toBe(200);
    expect(await grows(client)).toBe(true);
    expect((await client.request('OPTIONS', url('door/sub'))).status).toBe(200);
  });

  it('refuse-login: goes on with who plays, and accepts no login of who is new', async () => {
    const { playing, connect, fault, url } = await open();
    const client = await playing();
    await fault({ kind: 'refuse-login' });
    const login = { Authorization: `Basic ${Buffer.from('admin:s3cret').toString('base64')}` };
    const refused = await (await connect()).play(url('door/sub'), login);
    expect(refused.status).toBe(401);
    expect(refused.headers.get('www-authenticate')).toContain('Basic');
    expect(await grows(client)).toBe(true);
  });

  it('change-resolution: goes on with other parameter sets in the same session, and back', async () => {
    const { playing, fault } = await open();
    const client = await playing('door/main');
    const [bigSps, smallSps] = [(await big.parameterSets()).sps, (await small.parameterSets()).sps];
    const newestSps = (): Buffer | undefined => {
      const aggregates = client.rtp.filter(({ payload }) => nalType(payload) === 24);
      const payload = aggregates.at(-1)?.payload;
      return payload?.subarray(3, 3 + payload.readUInt16BE(1));
    };
    await vi.waitFor(() => {
      expect(newestSps()).toEqual(bigSps);
    });
    await fault({ kind: 'change-resolution', stream: 'main' });
    await vi.waitFor(() => {
      expect(newestSps()).toEqual(smallSps);
    }, 2000);
    await fault({ kind: 'recover' });
    await vi.waitFor(() => {
      expect(newestSps()).toEqual(bigSps);
    }, 2000);
    const times = client.pictureTimes();
    expect(times.every((time, i) => i === 0 || ((time - (times[i - 1] ?? 0)) | 0) > 0)).toBe(true);
  });

  it('corrupt: leaves gaps in the numbering and puts wrong bytes into payloads', async () => {
    const { playing, fault } = await open();
    const [client, clean] = [await playing('door/main'), await playing('yard/main')];
    await fault({ kind: 'corrupt', lossFrac: 0.1, flipFrac: 0.5 });
    await vi.waitFor(() => {
      expect(client.rtp.length).toBeGreaterThan(100);
    }, 5000);
    expect(gaps(client)).toBeGreaterThan(2);
    expect(gaps(clean)).toBe(0);
    const pure = new Set(clean.rtp.map(({ payload }) => payload.toString('latin1')));
    const wrong = client.rtp.slice(-50).filter(({ payload }) => !pure.has(payload.toString('latin1')));
    expect(wrong.length).toBeGreaterThan(5);
  });

  it('garbage: answers and sends what is neither RTSP nor RTP', async () => {
    const { playing, connect, fault, url } = await open();
    const [client, late] = [await playing(), await connect()];
    await fault({ kind: 'garbage' });
    const [before, answered] = [client.receivedBytes, vi.fn()];
    void late.request('DESCRIBE', url('door/sub')).then(answered);
    await vi.waitFor(() => {
      expect(late.receivedBytes).toBe(200);
      expect(client.receivedBytes).toBeGreaterThan(before + 3000);
    });
    expect(answered).not.toHaveBeenCalled();
  });
});

describe('control', () => {
  it('lists the cameras and tells the truth once somebody plays', async () => {
    const { call, playing } = await open();
    expect((await call('/cameras')).body).toMatchObject([
      { name: 'door', seed: 77, startedAtMs: null, line: { id: 'door' }, fault: null, connections: 0 },
      { name: 'yard', seed: null, startedAtMs: null, line: null, fault: null, connections: 0 },
    ]);
    expect((await call('/cameras/door/boxes')).body['boxes']).toBeNull();
    const startedNearMs = Date.now();
    await playing();
    await pause(60);
    const { body } = await call('/cameras/door/truth?since=0');
    const startedAtMs = Number(body['startedAtMs']);
    expect(Math.abs(startedAtMs - startedNearMs)).toBeLessThan(1000);
    expect(body).toMatchObject({ connections: 1, totals: { in: 1, out: 0 }, hasMore: false });
    expect(body['crossings']).toEqual([{ n: 1, atMs: startedAtMs + 50, line: 'door', direction: 'in', walkerId: 'a' }]);
    expect((await call(`/cameras/door/truth?since=${String(startedAtMs + 50)}`)).body['crossings']).toEqual([]);
    expect((await call(`/cameras/door/boxes?at=${String(startedAtMs + 1)}`)).body['boxes']).toHaveLength(1);
  });

  it.each<[string, number, string, RequestInit]>([
    ['an unknown path', 404, '/', {}],
    ['an unknown camera', 404, '/cameras/attic/truth', {}],
    ['an unknown question', 404, '/cameras/door/weather', {}],
    ['a path too deep', 404, '/cameras/door/truth/now', {}],
    ['the wrong method', 405, '/cameras/door/fault', {}],
    ['a time that is none', 400, '/cameras/door/truth?since=yesterday', {}],
    ['the truth of a film', 400, '/cameras/yard/truth', {}],
    ['a fault from a web form', 400, '/cameras/door/fault', { method: 'POST', body: '{"kind":"freeze"}' }],
  ])('refuses %s with %i', async (_what, status, path, init) => {
    const { call } = await open();
    const answer = await call(path, init);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error: { message: expect.any(String) as string } });
  });

  it('refuses who calls it by another name than localhost: a page that rebinds its own', async () => {
    const { controlPort } = await open();
    const status = await new Promise((resolve) => {
      get({ port: controlPort, host: '127.0.0.1', path: '/cameras', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      });
    });
    expect(status).toBe(400);
  });

  it.each([
    ['no JSON', '{kind', 400],
    ['an unknown kind', { kind: 'explode' }, 400],
    ['a share above 1', { kind: 'corrupt', lossFrac: 1.5 }, 400],
    ['a time below 1 ms', { kind: 'freeze', forMs: 0 }, 400],
    ['no stream to change', { kind: 'change-resolution' }, 400],
    ['more than 4 KiB', `"${'a'.repeat(5000)}"`, 413],
  ])('refuses %s as a fault and leaves the camera alone', async (_what, body, status) => {
    const { call, fault } = await open();
    expect((await fault(body)).status).toBe(status);
    expect((await call('/cameras/door/truth')).body['fault']).toBeNull();
  });
});

function gaps({ rtp }: TestClient): number {
  return rtp.filter((packet, i) => {
    const before = rtp[i - 1]?.sequenceNumber ?? packet.sequenceNumber - 1;
    return packet.sequenceNumber !== (before + 1) % 65_536;
  }).length;
}
