import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';

/** 200 while bus and database answer, 503 with the one that does not. */
export const GET: RequestHandler = async () => {
  const { bus, cameras, hub } = backend();
  const database = await cameras.ping().then(
    () => true,
    () => false,
  );
  const states: Record<string, number> = {};
  for (const { state } of hub.states()) states[state] = (states[state] ?? 0) + 1;
  const ok = database && bus.connected;
  return json(
    { ok, database, bus: bus.connected, cameras: states },
    { status: ok ? 200 : 503, headers: { 'cache-control': 'no-store' } },
  );
};
