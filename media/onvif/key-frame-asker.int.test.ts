import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import type { AppError } from '#protocol/errors.ts';
import { openOnvifDevice, type OnvifDevice, type OnvifDeviceOptions } from '../simulator/onvif-device.ts';
import { KeyFrameAsker, type KeyFrameAskerOptions } from './key-frame-asker.ts';

const LOGIN = { username: 'admin', password: 's3cret & <long>' };
const closing: (() => Promise<void>)[] = [];
let now = 0;
let refusals: AppError[] = [];
let asked: string[] = [];

afterEach(async () => {
  for (const close of closing.splice(0)) await close();
  [now, refusals, asked] = [0, [], []];
});

async function openDevice(options: Partial<OnvifDeviceOptions> = {}): Promise<OnvifDevice> {
  const profile = (token: string, path: string) => ({
    token,
    streamUri: `rtsp://192.168.1.64:554/${path}`,
    onSynchronizationPoint: () => void asked.push(token),
  });
  const device = await openOnvifDevice({
    profiles: [profile('sub', 'live/2?x=1'), profile('main', 'live/1')],
    login: LOGIN,
    ...options,
  });
  closing.push(() => device.close());
  return device;
}

function askerFor(deviceUrl: string, options: Partial<KeyFrameAskerOptions> = {}): KeyFrameAsker {
  return new KeyFrameAsker({
    streamUrl: 'rtsp://127.0.0.1/live/1',
    credentials: LOGIN,
    deviceUrl,
    monotonicMs: () => now,
    epochMs: () => Date.now(),
    onRefused: (error) => void refusals.push(error),
    ...options,
  });
}

test('the profile that plays the stream is asked for a key frame, though the camera’s clock is years off', async () => {
  const device = await openDevice({ clockAheadMs: -3 * 365 * 86_400_000 });
  const asker = askerFor(device.deviceUrl);
  await asker.ask();
  expect(refusals).toEqual([]);
  expect(asked).toEqual(['main']);
  now = 2_000;
  await asker.ask();
  expect(asked).toEqual(['main', 'main']);
  expect(device.operations.slice(-2)).toEqual(['SetSynchronizationPoint', 'SetSynchronizationPoint']);
});

test('requests within two seconds are counted and dropped', async () => {
  const asker = askerFor((await openDevice()).deviceUrl);
  await Promise.all([asker.ask(), asker.ask()]);
  now = 1_999;
  await asker.ask();
  expect(asked).toEqual(['main']);
  expect(asker.stats()).toEqual({ asked: 1, dropped: 2 });
});

test('a media service named at another host is asked where the camera was found', async () => {
  const device = await openDevice({ mediaAddress: 'http://10.255.255.1/onvif/media_service' });
  await askerFor(device.deviceUrl).ask();
  expect(asked).toEqual(['main']);
});

test('a refused login is told once, and the camera left alone for ten minutes', async () => {
  const device = await openDevice();
  const asker = askerFor(device.deviceUrl, { credentials: { username: 'admin', password: 'wrong' } });
  for (now of [0, 60_000, 599_999]) await asker.ask();
  expect(refusals.map(({ code }) => code)).toEqual(['camera.refused-login']);
  expect(device.operations).toEqual(['GetSystemDateAndTime', 'GetCapabilities']);
  now = 600_001;
  await asker.ask();
  expect(device.operations).toHaveLength(4);
  expect(refusals).toHaveLength(1);
});

test('a stream that no profile plays is not asked for', async () => {
  await askerFor((await openDevice()).deviceUrl, { streamUrl: 'rtsp://127.0.0.1/other' }).ask();
  expect(refusals[0]?.message).toContain('none of its 2 ONVIF profiles');
  expect(asked).toEqual([]);
});

test.each([
  ['a redirect', 302, ''],
  ['a document type', 200, '<!DOCTYPE x [<!ENTITY a "b">]><x/>'],
  ['what is no XML', 200, '<x'],
  ['an endless answer', 200, 'x'.repeat(300_000)],
])('%s is refused', async (_, status, body) => {
  const server = createServer((_request, response) => {
    response.writeHead(status, status === 302 ? { location: '/elsewhere' } : {}).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  closing.push(
    () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  );
  const { port } = server.address() as AddressInfo;
  const asker = askerFor(`http://127.0.0.1:${String(port)}/onvif/device_service`);
  await asker.ask();
  expect(refusals).toHaveLength(1);
  expect(asker.stats()).toEqual({ asked: 0, dropped: 1 });
});

test('a camera without ONVIF is told as such', async () => {
  const device = await openDevice();
  await device.close();
  closing.pop();
  await askerFor(device.deviceUrl).ask();
  expect(refusals.map(({ code }) => code)).toEqual(['camera.unreachable']);
});
