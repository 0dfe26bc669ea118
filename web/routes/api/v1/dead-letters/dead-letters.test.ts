import { beforeEach, expect, test, vi } from 'vitest';
import { installBackend, type Backend } from '#web/lib/server/backend.ts';
import { AppError } from '#protocol/errors.ts';
import * as letters from './+server.ts';
import * as discard from './discard/+server.ts';
import * as letter from './[id]/+server.ts';
import * as discardOne from './[id]/discard/+server.ts';
import * as replay from './[id]/replay/+server.ts';
import * as projector from '../projector/+server.ts';

const ID = 'a'.repeat(24);
const store = {
  list: vi.fn(),
  byId: vi.fn(),
  replay: vi.fn(),
  discard: vi.fn(),
  discardAll: vi.fn(),
  projector: vi.fn(),
};

beforeEach(() => {
  for (const call of Object.values(store)) call.mockReset();
  installBackend({ deadLetters: store, log: { error: vi.fn() } } as unknown as Backend);
});

interface Call {
  readonly id?: string;
  readonly query?: string;
  readonly body?: unknown;
}

async function call(handler: unknown, { id = ID, query = '', body }: Call = {}): Promise<Response> {
  const url = new URL(`http://127.0.0.1/api/v1/dead-letters${query}`);
  const headers = { 'content-type': 'application/json' };
  const request =
    body === undefined ? new Request(url) : new Request(url, { method: 'POST', headers, body: JSON.stringify(body) });
  const getClientAddress = (): string => '::ffff:10.0.0.7';
  return (handler as (given: object) => Promise<Response>)({ request, params: { id }, url, getClientAddress });
}

test('the list is of those that wait unless something else is asked for', async () => {
  store.list.mockResolvedValue([]);
  await call(letters.GET);
  await call(letters.GET, { query: `?reason=fenced&fate=all&limit=7&before=${ID}` });
  expect(store.list.mock.calls).toEqual([
    [{ reason: null, fate: 'waiting' }, 50, null],
    [{ reason: 'fenced', fate: null }, 7, ID],
  ]);
});

test.each(['?reason=ugly', '?fate=burnt', '?limit=0', '?limit=501', '?limit=x', '?before=last'])(
  '%s is a problem with status 400',
  async (query) => {
    const response = await call(letters.GET, { query });
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(store.list).not.toHaveBeenCalled();
  },
);

test('who decides is the address that asks', async () => {
  store.replay.mockResolvedValue({ outcome: 'stored' });
  store.discardAll.mockResolvedValue(3);
  expect(await (await call(replay.POST)).json()).toEqual({ outcome: 'stored' });
  expect((await call(discardOne.POST)).status).toBe(204);
  expect(await (await call(discard.POST, { body: { reason: null } })).json()).toEqual({ discarded: 3 });
  const by = 'a page at 10.0.0.7';
  expect(store.replay).toHaveBeenCalledWith(ID, by);
  expect(store.discard).toHaveBeenCalledWith(ID, by);
  expect(store.discardAll).toHaveBeenCalledWith(null, by);
  expect((await call(discard.POST, { body: { reason: 'ugly' } })).status).toBe(400);
});

test('a letter that is not there, one that was discarded and a projector that is away are problems of their own', async () => {
  store.byId.mockRejectedValue(new AppError('dead-letter.not-found', 'there is no dead letter'));
  store.replay.mockRejectedValue(new AppError('dead-letter.conflict', 'it was discarded'));
  store.projector.mockRejectedValue(new AppError('bus.unavailable', 'no answer'));
  expect((await call(letter.GET)).status).toBe(404);
  expect((await call(replay.POST)).status).toBe(409);
  expect((await call(projector.GET)).status).toBe(503);
});
