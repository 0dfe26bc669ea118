import { statfsSync } from 'node:fs';
import { say } from '#ops/setup/step.ts';

const LOOK_EVERY_MS = 5_000;
/** Below this much free space the data folder counts as full. */
const RESERVE_BYTES = 64 * 1024 * 1024;

/**
 * nats-server 2.9 that once met a full disk refuses publishes until it is restarted, also after space was freed (nothing is
 * lost then: workers keep their facts). So `restart` is called when a full disk has space again. Returns the stop function.
 */
export function watchDisk(folder: string, restart: () => Promise<void>): () => void {
  let wasFull = false;
  const timer = setInterval(() => {
    const { bavail, bsize } = statfsSync(folder);
    const isFull = bavail * bsize < RESERVE_BYTES;
    if (isFull && !wasFull)
      say(`the disk of ${folder} is full: counts are kept by the workers until there is space again`);
    if (!isFull && wasFull) {
      say('the disk has space again: restarting nats-server');
      void restart();
    }
    wasFull = isFull;
  }, LOOK_EVERY_MS);
  return () => {
    clearInterval(timer);
  };
}
