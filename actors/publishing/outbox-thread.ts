import { parentPort, workerData } from 'node:worker_threads';
import * as v from 'valibot';
import { toAppError } from '#protocol/errors.ts';
import { OutboxStore } from './outbox-store.ts';
import type { StoreCall, StoreReply } from './store-thread.ts';

/** The outbox's own thread: each commit waits for the disk, and nothing else should. */
const port = parentPort;
if (port === null) throw new Error('this file runs as a worker thread');
const { file } = v.parse(v.object({ file: v.string() }), workerData);
const store = new OutboxStore(file);

port.on('message', ({ id, method, args }: StoreCall) => {
  let reply: StoreReply;
  try {
    // The caller's types make method and arguments fit.
    const result = (store[method].bind(store) as (...args: unknown[]) => unknown)(...args);
    reply = { id, result };
  } catch (error) {
    const { code, message } = toAppError(error);
    reply = { id, error: { code, message } };
  }
  port.postMessage(reply);
  if (method === 'close') port.close();
});
