/** An inference thread: a few models in memory, one request at a time. */
import { isDeepStrictEqual } from 'node:util';
import { parentPort } from 'node:worker_threads';
import { AppError, toAppError } from '#protocol/errors.ts';
import { loadModel } from './loaded-model.ts';
import type { LoadedModel } from './loaded-model.ts';
import { readModelFile } from './models/model-file.ts';
import type { ThreadAnswer, ThreadMessage, ThreadRequest } from './thread-messages.ts';

/** Each costs its weights and its activations; a site uses one or two. The least recently used goes first. */
const MODELS_KEPT = 3;

if (parentPort === null) throw new Error('worker.ts runs as a worker thread only');
const port = parentPort;
const models = new Map<string, LoadedModel>();

port.on('message', (request: ThreadRequest) => {
  if (request.kind === 'leave') process.exit(0); // Ends this thread only.
  void serve(request).then(post);
});
post({ kind: 'ready' });

function post(message: ThreadMessage): void {
  port.postMessage(message);
}

async function serve(request: Exclude<ThreadRequest, { kind: 'leave' }>): Promise<ThreadAnswer> {
  try {
    if (request.kind === 'load') {
      const { card, warmUpMs } = await load(request.path);
      return { kind: 'loaded', card, warmUpMs };
    }
    return { kind: 'detected', inference: await (await modelFor(request.path, request.name)).detect(request.frame) };
  } catch (error) {
    const { code, message, context } = toAppError(error, 'inference.failed');
    return { kind: 'failed', code, message, context };
  }
}

async function modelFor(path: string, name: string): Promise<LoadedModel> {
  const kept = models.get(path);
  if (kept?.card.name === name) {
    models.delete(path);
    models.set(path, kept);
    return kept;
  }
  const loaded = await load(path);
  if (loaded.card.name === name) return loaded;
  const found = `${path} changed from ${name} to ${loaded.card.name}`;
  throw new AppError('model.unreadable', `${found} while in use: load it again`, { context: { path } });
}

async function load(path: string): Promise<LoadedModel> {
  post({ kind: 'loading' });
  const file = await readModelFile(path);
  const kept = models.get(path);
  if (kept !== undefined && isDeepStrictEqual(kept.file, file)) return kept;
  const loaded = await loadModel(file);
  await kept?.release();
  models.delete(path);
  models.set(path, loaded);
  for (const [oldPath, old] of models) {
    if (models.size <= MODELS_KEPT) break;
    models.delete(oldPath);
    await old.release();
  }
  return loaded;
}
