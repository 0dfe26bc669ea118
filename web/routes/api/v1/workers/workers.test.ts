import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { AppError } from '#protocol/errors.ts';
import * as workers from './+server.ts';
import * as orders from './[worker]/orders/+server.ts';

const store = { known: vi.fn(), heard: vi.fn(() => []), order: vi.fn() };
const hub = { cameras: () => [{ id: 'hall', name: 'Hall', enabled: true }], states: () => [] };

beforeEach(() => {
  for (const call of [store.known, store.order]) call.mockReset();
  installBackend({ workers: store, hub, log: { error: vi.fn(), warn: vi.fn(), info: vi.fn() } } as unknown as Backend);
});

async function call(handler: unknown, worker: string, body?: unknown, type = 'application/json'): Promise<Response> {
  const url = new URL('http://127.0.0.1/api/v1/workers');
  const request = new Request(
    url,
    body === undefined ? {} : { method: 'POST', headers: { 'content-type': type }, body: JSON.stringify(body) },
  );
  return (handler as (given: object) => Promise<Response>)({ request, params: { worker }, url });
}

const DRAIN = { cordoned: false, drained: true };

test('orders are kept and answered', async () => {
  const response = await call(orders.POST, 'w-1', DRAIN);
  expect(store.order).toHaveBeenCalledWith('w-1', DRAIN);
  expect(response.status).toBe(200);
  expect(await response.json()).toEqual({ worker: 'w-1', orders: DRAIN });
});

test('an order for a worker nobody ever heard of is a problem with status 404', async () => {
  store.order.mockRejectedValue(new AppError('worker.not-found', 'no worker called x was ever heard'));
  const response = await call(orders.POST, 'x', DRAIN);
  expect(response.status).toBe(404);
  expect(await response.json()).toMatchObject({
    code: 'worker.not-found',
    detail: 'no worker called x was ever heard',
  });
});

test.each([
  ['a half order', { cordoned: true }],
  ['an order of another shape', { ...DRAIN, stop: true }],
  ['words for yes and no', { cordoned: 'yes', drained: 'no' }],
])('%s is a problem with status 400, and nothing is ordered', async (_, body) => {
  expect((await call(orders.POST, 'w-1', body)).status).toBe(400);
  expect(store.order).not.toHaveBeenCalled();
});

test('a form, which another site could send, is refused', async () => {
  expect((await call(orders.POST, 'w-1', DRAIN, 'text/plain')).status).toBe(400);
  expect(store.order).not.toHaveBeenCalled();
});

test('the list comes with the cameras that wait, and says so when the database is away', async () => {
  store.known.mockResolvedValue([]);
  const waiting = [{ camera: 'hall', code: 'camera.unclaimed' }];
  expect(await (await call(workers.GET, '')).json()).toMatchObject({ workers: [], waiting, notice: null });
  store.known.mockRejectedValue(new AppError('storage.unavailable', 'away'));
  const answer = (await (await call(workers.GET, '')).json()) as { notice: string };
  expect(answer.notice).toContain('database does not answer');
});
