import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { AppError } from '#protocol/errors.ts';
import * as truths from './+server.ts';
import * as truth from './[id]/+server.ts';
import * as comparison from './[id]/comparison/+server.ts';
import * as events from './[id]/events/+server.ts';
import * as event from './[id]/events/[event]/+server.ts';

const store = {
  list: vi.fn(),
  byId: vi.fn(),
  create: vi.fn(),
  mark: vi.fn(),
  removeEvent: vi.fn(),
  delete: vi.fn(),
  compare: vi.fn(),
};

beforeEach(() => {
  for (const call of Object.values(store)) call.mockReset();
  installBackend({ truths: store, log: { error: vi.fn() } } as unknown as Backend);
});

interface Call {
  readonly params?: object;
  readonly query?: string;
  readonly body?: unknown;
}

async function call(handler: unknown, { params = {}, query = '', body }: Call = {}): Promise<Response> {
  const url = new URL(`http://127.0.0.1/api/v1/truth${query}`);
  const headers = { 'content-type': 'application/json' };
  const request =
    body === undefined ? new Request(url) : new Request(url, { method: 'POST', headers, body: JSON.stringify(body) });
  return (handler as (given: object) => Promise<Response>)({ request, params, url });
}

const WANTED = { camera: 'hall', name: 'Monday', fromMs: 1000, untilMs: 9000, lines: ['door'], by: 'Ada' };
const EVENT = { line: 'door', direction: 'in', atMs: 2000 };

test('a new truth is answered with 201 and its address', async () => {
  store.create.mockResolvedValue({ id: 'abc', events: [] });
  const response = await call(truths.POST, { body: WANTED });
  expect(store.create).toHaveBeenCalledWith(WANTED);
  expect(response.status).toBe(201);
  expect(response.headers.get('location')).toBe('/api/v1/truth/abc');
  expect(await response.json()).toEqual({ truth: { id: 'abc', events: [] } });
});

test('the list is of one camera when one is named', async () => {
  store.list.mockResolvedValue([]);
  await call(truths.GET, { query: '?camera=hall' });
  await call(truths.GET);
  expect(store.list.mock.calls).toEqual([['hall'], [null]]);
});

test('marks get the usual tolerance and are answered with the new revision', async () => {
  store.mark.mockResolvedValue({ id: 'abc', revision: 2, events: [EVENT] });
  const response = await call(events.POST, { params: { id: 'abc' }, body: { by: 'Ada', events: [EVENT] } });
  expect(store.mark).toHaveBeenCalledWith('abc', { by: 'Ada', events: [{ ...EVENT, toleranceMs: 1000 }] });
  expect(response.status).toBe(201);
  expect(await response.json()).toEqual({ revision: 2, events: [EVENT] });
});

test('an earlier revision is read, listed and compared as asked', async () => {
  store.byId.mockResolvedValue({ revision: 3, events: [] });
  store.compare.mockResolvedValue({ isExact: true });
  const asked = { params: { id: 'abc' }, query: '?revision=3' };
  expect(await (await call(truth.GET, asked)).json()).toEqual({ truth: { revision: 3, events: [] } });
  expect(await (await call(events.GET, asked)).json()).toEqual({ revision: 3, events: [] });
  expect(await (await call(comparison.GET, asked)).json()).toEqual({ comparison: { isExact: true } });
  expect(store.byId.mock.calls).toEqual([
    ['abc', 3],
    ['abc', 3],
  ]);
  expect(store.compare).toHaveBeenCalledWith('abc', 3);
});

test('who takes a mark or a truth away is told with the request', async () => {
  store.removeEvent.mockResolvedValue({ revision: 4, events: [] });
  const removed = await call(event.DELETE, { params: { id: 'abc', event: '7' }, query: '?by=Ada' });
  expect(await removed.json()).toEqual({ revision: 4, events: [] });
  expect(store.removeEvent).toHaveBeenCalledWith('abc', 7, 'Ada');
  expect((await call(truth.DELETE, { params: { id: 'abc' }, query: '?by=Ada' })).status).toBe(204);
  expect(store.delete).toHaveBeenCalledWith('abc', 'Ada');
});

test.each([
  ['an end before its beginning', truths.POST, { body: { ...WANTED, untilMs: 1000 } }, /untilMs: must be later/],
  ['a truth without lines', truths.POST, { body: { ...WANTED, lines: [] } }, /lines: name at least one/],
  ['no marks', events.POST, { params: { id: 'abc' }, body: { by: 'Ada', events: [] } }, /events/],
  [
    'a mark to no side',
    events.POST,
    { params: { id: 'abc' }, body: { by: 'Ada', events: [{ ...EVENT, direction: 'up' }] } },
    /events\.0\.direction/,
  ],
  ['a revision that is no number', truth.GET, { params: { id: 'abc' }, query: '?revision=x' }, /revision must be/],
  [
    'an event that is no number',
    event.DELETE,
    { params: { id: 'abc', event: '1e3' }, query: '?by=A' },
    /the event must be/,
  ],
])('%s is a problem with status 400, and nothing is stored', async (_, handler, given, detail) => {
  const response = await call(handler, given);
  expect(response.status).toBe(400);
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  expect(await response.json()).toMatchObject({ detail: expect.stringMatching(detail) as string });
  for (const each of Object.values(store)) expect(each).not.toHaveBeenCalled();
});

test('a truth that is not there is a problem with status 404', async () => {
  store.compare.mockRejectedValue(new AppError('truth.not-found', 'there is no truth abc'));
  const response = await call(comparison.GET, { params: { id: 'abc' } });
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({ code: 'truth.not-found', detail: 'there is no truth abc' });
});
