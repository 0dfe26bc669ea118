import { connect, createServer } from 'node:net';
import { AppError } from '#protocol/errors.ts';

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === 'string') throw new AppError('internal', 'the system gave no port');
  return address.port;
}

/** Connects to a server on this machine, says something if given, and tells whether the first answer is the expected one. */
export function answers(
  port: number,
  say: Uint8Array | null,
  expected: (first: Buffer) => boolean,
  limitMs = 1_000,
): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const end = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.setTimeout(limitMs, () => {
      end(false);
    });
    socket.once('error', () => {
      end(false);
    });
    socket.once('data', (first) => {
      end(expected(first));
    });
    socket.once('close', () => {
      end(false);
    });
    if (say !== null) socket.write(say);
  });
}
