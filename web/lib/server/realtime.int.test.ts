import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { BucketEntry, Bus, Closable } from '#ops/runtime/bus.port.ts';
import type { CameraState } from '#protocol/camera.ts';
import type { PageMessage } from '#protocol/live.ts';
import { SKEW_BINS } from '#protocol/skew.ts';
import { buckets } from '#protocol/streams.ts';
import { subjects } from '#protocol/subjects.ts';
import type { Backend } from './backend.ts';
import { LiveHub } from './live-hub.ts';
import { attachRealtime } from './realtime.ts';

const live: CameraState = {
  camera: 'hall',
  state: 'live',
  reason: 'Picture and counts are coming in',
  code: null,
  sinceMs: 1,
  retryAtMs: null,
  worker: 'w1',
  run: 1,
  model: null,
};
const counts = { camera: 'hall', sinceMs: 1, occupancy: 1, lines: [{ line: 'gate', in: 2, out: 1 }], version: 3 };

/** A bus in this process: buckets that hold one entry, and live subjects one can speak on. */
class LocalBus {
  connected = true;
  readonly watches = new Map<string, (entry: BucketEntry<unknown>) => void>();
  readonly subjects = new Map<string, (message: unknown) => void>();
  connection: ((connected: boolean) => void) | null = null;

  bucket(name: string): unknown {
    const present: Record<string, unknown> = { [buckets.cameraStates]: live, [buckets.counts]: counts };
    return Promise.resolve({
      watch: (onEntry: (entry: BucketEntry<unknown>) => void, onReady: () => void): Closable => {
        if (present[name] !== undefined) onEntry({ key: 'hall', value: present[name], revision: 1 });
        this.watches.set(name, onEntry);
        onReady();
        return { close: () => this.watches.delete(name) };
      },
    });
  }

  subscribeLive(subject: string, _schema: unknown, onMessage: (message: unknown) => void): Closable {
    this.subjects.set(subject, onMessage);
    return { close: () => this.subjects.delete(subject) };
  }

  onConnection(listener: (connected: boolean) => void): Closable {
    this.connection = listener;
    return { close: () => (this.connection = null) };
  }
}

let bus: LocalBus;
let hub: LiveHub;
let server: Server;
let realtime: Closable;
let address: string;
const pages: WebSocket[] = [];

beforeEach(async () => {
  bus = new LocalBus();
  hub = await LiveHub.open(bus as unknown as Bus);
  server = createServer();
  const log = { warn: vi.fn() };
  realtime = attachRealtime(server, { hub, host: '127.0.0.1', log } as unknown as Backend);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  address = `127.0.0.1:${String((server.address() as AddressInfo).port)}`;
});

afterEach(async () => {
  for (const page of pages.splice(0)) page.terminate();
  realtime.close();
  hub.close();
  await new Promise((resolve) => server.close(resolve));
});

interface Page {
  readonly socket: WebSocket;
  readonly heard: PageMessage[];
}

async function open(headers: Record<string, string> = { origin: `http://${address}` }): Promise<Page> {
  const socket = new WebSocket(`ws://${address}/realtime`, { headers });
  pages.push(socket);
  const heard: PageMessage[] = [];
  socket.on('message', (data: Buffer) => heard.push(JSON.parse(data.toString()) as PageMessage));
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return { socket, heard };
}

function watch(page: Page, boxesOf: string[]): void {
  page.socket.send(JSON.stringify({ type: 'watch', boxesOf }));
}

test('a page that joins hears how everything stands', async () => {
  const page = await open();
  await vi.waitFor(() => {
    expect(page.heard).toEqual([
      { type: 'notice', notice: null },
      { type: 'state', state: live },
      { type: 'counts', counts },
    ]);
  });
});

test('a change of state, counts or cameras reaches every page', async () => {
  const both = [await open(), await open()];
  bus.watches.get(buckets.cameraStates)?.({ key: 'hall', value: { ...live, state: 'stalled' }, revision: 2 });
  bus.watches.get(buckets.cameras)?.({ key: 'hall', value: null, revision: 2 });
  bus.watches.get(buckets.cameras)?.({ key: 'hall', value: { id: 'hall' }, revision: 3 });
  for (const page of both) {
    await vi.waitFor(() => {
      expect(page.heard.slice(3)).toEqual([
        { type: 'state', state: { ...live, state: 'stalled' } },
        { type: 'cameras-changed' },
      ]);
    });
  }
});

test('people inside an area reach every page, and a change of its site is told as such', async () => {
  const page = await open();
  const today = { day: '2026-11-22', entered: 2, exited: 1 };
  const area = {
    area: 'shop',
    site: 'shop',
    occupancy: 1,
    capacity: null,
    sinceMs: null,
    today,
    revision: 1,
    version: 1,
  };
  const say = (value: unknown): void =>
    bus.watches.get(buckets.areas)?.({ key: 'shop', value: value as null, revision: 2 });
  say(area);
  say({ ...area, occupancy: 2, version: 2 });
  say({ ...area, capacity: 9, revision: 2 });
  say(null);
  await vi.waitFor(() => {
    expect(page.heard.slice(3)).toEqual([
      { type: 'area', area },
      { type: 'sites-changed' },
      { type: 'area', area: { ...area, occupancy: 2, version: 2 } },
      { type: 'area', area: { ...area, capacity: 9, revision: 2 } },
      { type: 'sites-changed' },
      { type: 'sites-changed' },
    ]);
  });
});

test('a full disk is told to every page, once, though no bucket can take it, and taken back when there is space', async () => {
  const page = await open();
  const full: CameraState = { ...live, code: 'disk.full' };
  const speak = (state: CameraState): void => bus.subjects.get(subjects.allLiveStates)?.(state);
  speak(full);
  speak({ ...full, sinceMs: 2 });
  speak(live);
  bus.watches.get(buckets.cameraStates)?.({ key: 'hall', value: live, revision: 2 });
  await vi.waitFor(() => {
    expect(page.heard.slice(3)).toEqual([
      { type: 'state', state: full },
      { type: 'notice', notice: expect.stringContaining('disk is full') as string },
      { type: 'state', state: { ...full, sinceMs: 2 } },
      { type: 'state', state: live },
      { type: 'notice', notice: null },
    ]);
  });
});

test('boxes come only from asked-for cameras, over one subscription for all pages, which ends with the last', async () => {
  const subject = subjects.liveBoxes('hall');
  const first = await open();
  const second = await open();
  const idle = await open();
  watch(first, ['hall']);
  watch(second, ['hall']);
  await vi.waitFor(() => {
    expect(bus.subjects.has(subject)).toBe(true);
  });
  await pause(50);
  const boxes = { camera: 'hall', run: 1, ticks90k: 1, sentAtMs: 1, tracks: [] };
  bus.subjects.get(subject)?.(boxes);
  for (const page of [first, second]) {
    await vi.waitFor(() => {
      expect(page.heard.at(-1)).toEqual({ type: 'boxes', boxes });
    });
  }
  expect(idle.heard.some(({ type }) => type === 'boxes')).toBe(false);
  first.socket.close();
  watch(second, []);
  await vi.waitFor(() => {
    expect(bus.subjects.has(subject)).toBe(false);
  });
});

test('a page that asks whether the server is still there hears from it at once', async () => {
  const page = await open();
  await vi.waitFor(() => {
    expect(page.heard).toHaveLength(3);
  });
  page.socket.send(JSON.stringify({ type: 'ping' }));
  await vi.waitFor(() => {
    expect(page.heard.slice(3)).toEqual([{ type: 'notice', notice: null }]);
  });
});

test('what a page says of its skew is kept for the cameras it watches, and for no other', async () => {
  const page = await open();
  watch(page, ['hall']);
  const frames = new Array<number>(SKEW_BINS).fill(0).with(0, 50);
  for (const camera of ['door', 'hall']) {
    const report = { camera, mode: 'exact', isEstimated: false, frames, unmatched: 2 };
    page.socket.send(JSON.stringify({ type: 'skew', report }));
  }
  await vi.waitFor(() => {
    expect(hub.skew.summary('hall').seen).toEqual([
      { mode: 'exact', isEstimated: false, frames: 50, unmatched: 2, p50Ms: 0, p95Ms: 0 },
    ]);
  });
  expect(hub.skew.summary('door').seen).toEqual([]);
});

test('a page is told when the server loses the bus, and when it has it back', async () => {
  const page = await open();
  bus.connected = false;
  bus.connection?.(false);
  await vi.waitFor(() => {
    expect(page.heard.at(-1)).toMatchObject({ type: 'notice', notice: expect.stringContaining('lost') as string });
  });
  bus.connected = true;
  bus.connection?.(true);
  await vi.waitFor(() => {
    expect(page.heard.at(-1)).toEqual({ type: 'notice', notice: null });
  });
});

test('a page of another site and a rebound host name are refused', async () => {
  await expect(open({ origin: 'http://evil.example' })).rejects.toThrow('403');
  await expect(open({ origin: 'http://evil.example', host: 'evil.example' })).rejects.toThrow('421');
});

test('a page that talks nonsense is hung up on, the others stay', async () => {
  const rude = await open();
  const other = await open();
  rude.socket.send('{"type":"watch","boxesOf":["*"]}');
  await new Promise((resolve) => rude.socket.once('close', resolve));
  const liar = await open();
  const report = { camera: 'hall', mode: 'exact', isEstimated: false, frames: [1e9], unmatched: -1 };
  liar.socket.send(JSON.stringify({ type: 'skew', report }));
  await new Promise((resolve) => liar.socket.once('close', resolve));
  expect(other.socket.readyState).toBe(WebSocket.OPEN);
});
