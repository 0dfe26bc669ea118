import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { freePort } from './tcp.ts';

const NAMES = ['nats', 'postgres', 'http', 'rtsp', 'control'] as const;

/** Ports of the embedded services and of the simulated cameras (`rtsp`, and `control` for their faults and truth). */
export type Ports = Readonly<Record<(typeof NAMES)[number], number>>;

/**
 * Those used last time where they are still free, so that bookmarks and camera addresses stay right across restarts, else
 * fresh free ones. `httpPort` (a setting) wins for the web.
 */
export async function choosePorts(dataDir: string, httpPort: number | null): Promise<Ports> {
  const file = join(dataDir, 'ports.json');
  const remembered = readPorts(file);
  const chosen: Partial<Record<keyof Ports, number>> = {};
  for (const name of NAMES) {
    const last = remembered[name] ?? 0;
    if (name === 'http' && httpPort !== null && httpPort !== 0) chosen.http = httpPort;
    else chosen[name] = last !== 0 && (await isFree(last)) ? last : await freePort();
  }
  writeFileSync(file, JSON.stringify(chosen));
  return chosen as Ports;
}

function readPorts(file: string): Partial<Ports> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Partial<Ports>;
  } catch {
    return {}; // First start, or a file cut short by a power cut.
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => {
      resolve(false);
    });
    server.listen({ port, host: '127.0.0.1', exclusive: true }, () =>
      server.close(() => {
        resolve(true);
      }),
    );
  });
}
