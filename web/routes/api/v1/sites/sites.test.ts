import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { AppError } from '#protocol/errors.ts';
import * as sites from './+server.ts';
import * as site from './[site]/+server.ts';
import * as areas from './[site]/areas/+server.ts';
import * as area from './[site]/areas/[area]/+server.ts';
import * as baselines from './[site]/baselines/+server.ts';
import * as corrections from './[site]/corrections/+server.ts';
import * as doors from './[site]/doors/+server.ts';
import * as door from './[site]/doors/[door]/+server.ts';
import * as history from './[site]/history/+server.ts';
import * as occupancy from './[site]/occupancy/+server.ts';

const CALLS = [
  ...['list', 'byId', 'create', 'update', 'delete', 'addArea', 'updateArea', 'deleteArea', 'addDoor', 'changeDoor'],
  ...['removeDoor', 'doorChecks', 'setBaseline', 'baselines', 'occupancy', 'history', 'corrections'],
];
const store: Record<string, ReturnType<typeof vi.fn>> = Object.fromEntries(CALLS.map((name) => [name, vi.fn()]));
const says = (name: string, value: unknown): unknown => store[name]?.mockResolvedValue(value);

beforeEach(() => {
  for (const call of Object.values(store)) call.mockReset();
  installBackend({ sites: store, log: { error: vi.fn() } } as unknown as Backend);
});

async function call(handler: unknown, params: object = {}, query = '', body?: unknown): Promise<Response> {
  const url = new URL(`http://127.0.0.1/api/v1/sites${query}`);
  const headers = { 'content-type': 'application/json' };
  const request =
    body === undefined ? new Request(url) : new Request(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (handler as (given: object) => Promise<Response>)({ request, params, url });
}

test('a new site is answered with 201 and its address', async () => {
  says('create', { id: 'shop' });
  const response = await call(sites.POST, {}, '', {
    name: 'Shop',
    timeZone: 'Europe/Berlin',
    areas: [{ name: 'Hall' }],
  });
  expect(store.create).toHaveBeenCalledWith({
    name: 'Shop',
    timeZone: 'Europe/Berlin',
    baselineAt: null,
    capacity: null,
    areas: [{ name: 'Hall', capacity: null, baselineTo: 0 }],
  });
  expect([response.status, response.headers.get('location')]).toEqual([201, '/api/v1/sites/shop']);
  expect(await response.json()).toEqual({ site: { id: 'shop' } });
});

test.each([
  ['a wrong time zone', sites.POST, { name: 'x', timeZone: 'Berlin' }, 'timeZone: is not a time zone'],
  ['a negative capacity', area.PATCH, { capacity: -3 }, 'capacity: cannot be below zero'],
  ['a baseline below zero', baselines.POST, { areas: { hall: -1 }, by: 'Ada' }, 'areas.hall: cannot be below zero'],
  ['a baseline by nobody', baselines.POST, { areas: { hall: 1 } }, 'by'],
  [
    'a door to where it comes from',
    doors.POST,
    { name: 'x', camera: 'c', line: 'l', from: 'a', to: 'a' },
    'a door leads',
  ],
])('%s is a problem document that says where and why', async (_, handler, body, detail) => {
  const response = await call(handler, { site: 'shop', area: 'hall' }, '', body);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({
    code: 'input.invalid',
    detail: expect.stringContaining(detail) as string,
  });
});

test.each([
  ['site.not-found', 404],
  ['site.conflict', 409],
  ['storage.unavailable', 503],
] as const)('%s is answered with %i', async (code, status) => {
  store.addDoor?.mockRejectedValue(new AppError(code, 'why'));
  const body = { name: 'Main', camera: 'cam', line: 'street', from: null, to: 'hall' };
  const response = await call(doors.POST, { site: 'shop' }, '', body);
  expect(response.status).toBe(status);
  expect(await response.json()).toMatchObject({ code, detail: 'why' });
});

test('what is changed and deleted is named by the path', async () => {
  says('byId', { id: 'shop', timeZone: 'UTC', doors: [] });
  await call(site.PATCH, { site: 'shop' }, '', { baselineAt: '04:00' });
  expect(store.update).toHaveBeenCalledWith('shop', { baselineAt: '04:00' });
  expect((await call(site.DELETE, { site: 'shop' })).status).toBe(204);
  expect(store.delete).toHaveBeenCalledWith('shop');
  expect((await call(areas.POST, { site: 'shop' }, '', { name: 'Attic' })).status).toBe(201);
  await call(area.DELETE, { site: 'shop', area: 'attic' });
  expect(store.deleteArea).toHaveBeenCalledWith('shop', 'attic');
  await call(door.PUT, { site: 'shop', door: 'main' }, '', {
    name: 'x',
    camera: 'c',
    line: 'l',
    from: null,
    to: 'hall',
  });
  expect(store.changeDoor).toHaveBeenCalledWith('shop', 'main', expect.objectContaining({ to: 'hall', twin: null }));
  await call(door.DELETE, { site: 'shop', door: 'main' });
  expect(store.removeDoor).toHaveBeenCalledWith('shop', 'main');
});

test('a baseline by hand is passed on with who said so', async () => {
  says('setBaseline', { atMs: 5 });
  const response = await call(baselines.POST, { site: 'shop' }, '', { areas: { hall: 3 }, by: 'Ada' });
  expect(store.setBaseline).toHaveBeenCalledWith('shop', { areas: { hall: 3 }, by: 'Ada', note: '' });
  expect([response.status, await response.json()]).toEqual([201, { atMs: 5 }]);
});

test('a history is of the whole site and the last day by the hour unless told', async () => {
  says('history', []);
  await call(history.GET, { site: 'shop' });
  const [of, whole, range] = (store.history?.mock.calls[0] ?? []) as [
    string,
    string,
    { fromMs: number; untilMs: number },
  ];
  expect([of, whole]).toEqual(['shop', 'shop']);
  expect(range).toMatchObject({ minutes: 60, fromMs: range.untilMs - 86_400_000 });
  const query = '?area=hall&interval=1d&from=2026-11-01T00:00:00Z&until=2026-11-22T00:00:00.000Z';
  await call(history.GET, { site: 'shop' }, query);
  expect(store.history).toHaveBeenLastCalledWith('shop', 'hall', {
    fromMs: Date.parse('2026-11-01T00:00:00Z'),
    untilMs: Date.parse('2026-11-22T00:00:00Z'),
    minutes: null,
  });
});

test('doors and corrections are of days of the site', async () => {
  vi.useFakeTimers({ now: Date.parse('2026-11-22T20:00:00Z'), toFake: ['Date'] });
  says('byId', { timeZone: 'Asia/Kolkata', doors: [] });
  says('corrections', { days: [], newest: [] });
  await call(doors.GET, { site: 'shop' });
  expect(store.doorChecks).toHaveBeenCalledWith('shop', '2026-11-23');
  await call(corrections.GET, { site: 'shop' });
  expect(store.corrections).toHaveBeenCalledWith('shop', 'shop', { fromDay: '2026-11-17', untilDay: '2026-11-23' });
  vi.useRealTimers();
});

test.each([
  ['an interval that is none', history.GET, '?interval=7m', 'interval must be one of 5m, 15m, 1h, 1d'],
  ['an instant that is none', history.GET, '?from=yesterday', 'from: must be an instant'],
  ['a day that is none', corrections.GET, '?from=2026-02-30', 'from: must be a day'],
  ['a month that is none', doors.GET, '?day=2026-13-01', 'day: must be a day'],
])('%s is refused', async (_, handler, query, detail) => {
  says('byId', { timeZone: 'UTC', doors: [] });
  const response = await call(handler, { site: 'shop' }, query);
  expect(response.status).toBe(400);
  expect(await response.json()).toMatchObject({ detail: expect.stringContaining(detail) as string });
});

test('people inside are never from a cache', async () => {
  says('occupancy', [{ area: 'shop', occupancy: 3 }]);
  const response = await call(occupancy.GET, { site: 'shop' });
  expect(response.headers.get('cache-control')).toBe('no-store');
  expect(await response.json()).toEqual({ areas: [{ area: 'shop', occupancy: 3 }] });
});
