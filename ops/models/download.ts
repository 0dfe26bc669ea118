import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm, stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { AppError } from '#protocol/errors.ts';
import { requestFile } from './http-request.ts';

export interface DownloadOptions {
  readonly url: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  /** Where the file lies once it is whole and verified. What came so far lies in `<target>.part`. */
  readonly target: string;
  /** Holds HTTP_PROXY, HTTPS_PROXY and NO_PROXY, where they are set. */
  readonly proxyEnv: NodeJS.ProcessEnv;
  readonly onProgress: (doneBytes: number) => void;
  /** Between attempts; tests shorten it. */
  readonly retryMs?: number;
}

const ATTEMPTS = 4;
const RETRY_MS = 1_000;

/**
 * Brings a pinned file, going on where an earlier attempt stopped, also one of another process. Rejects with
 * setup.missing when it cannot be had (what came is kept) and with model.unreadable when what came is another file.
 */
export async function download(options: DownloadOptions): Promise<void> {
  const { target, sha256, sizeBytes, retryMs = RETRY_MS } = options;
  const part = `${target}.part`;
  for (let attempt = 1; (await sizeOf(part)) < sizeBytes; attempt += 1) {
    try {
      await bringMore(options, part);
    } catch (error) {
      const mayPass = error instanceof AppError && error.retryable;
      if (!mayPass) throw error;
      if (attempt >= ATTEMPTS) throw new AppError('setup.missing', error.message, { cause: error });
      await sleep(retryMs * attempt);
    }
  }
  const found = await digestOf(part);
  if (found === sha256) {
    await rename(part, target);
    return;
  }
  await rm(part);
  throw new AppError(
    'model.unreadable',
    `${options.url} gave another file than the pinned one (sha256 ${found} and not ${sha256}), and it was thrown away: ` +
      'try again, and if that does not help look at what stands between here and there',
  );
}

/** One request from where the part ends. Rejects with a retryable error when the connection ended before the file. */
async function bringMore({ url, sizeBytes, proxyEnv, onProgress }: DownloadOptions, part: string): Promise<void> {
  const fromByte = await sizeOf(part);
  const { body, startsAtByte } = await requestFile(url, fromByte, proxyEnv);
  const file = await open(part, startsAtByte === 0 ? 'w' : 'r+', 0o600);
  let at = startsAtByte;
  try {
    await pipeline(body, async (chunks: AsyncIterable<Buffer>) => {
      for await (const chunk of chunks) {
        if (at + chunk.length > sizeBytes)
          throw new AppError(
            'model.unreadable',
            `${url} sends more than the ${String(sizeBytes)} bytes of the pinned file`,
          );
        await file.write(chunk, 0, chunk.length, at);
        at += chunk.length;
        onProgress(at);
      }
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    const said = cause instanceof Error ? cause.message : String(cause);
    throw cutOff(url, at, sizeBytes, said, cause);
  } finally {
    await file.close();
  }
  if (at < sizeBytes) throw cutOff(url, at, sizeBytes, 'the server ended it', null);
}

function cutOff(url: string, at: number, sizeBytes: number, why: string, cause: unknown): AppError {
  const done = `${String(at)} of ${String(sizeBytes)} bytes`;
  return new AppError(
    'internal',
    `the download of ${url} stopped after ${done} (${why}): start it again, it goes on there`,
    {
      cause,
    },
  );
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path).catch(() => null))?.size ?? 0;
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}
