import { existsSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { AppError } from '#protocol/errors.ts';
import { installBackend, type Backend } from './backend.ts';
import { attachRealtime } from './realtime.ts';

const builtHandler = fileURLToPath(new URL('../../build/handler.js', import.meta.url));
const HEADERS_TIMEOUT_MS = 10_000;
const REQUEST_TIMEOUT_MS = 60_000;

export interface WebServer {
  readonly port: number;
  close(): Promise<void>;
}

/** Serves the built pages, the API and /realtime. `port` null or 0: a free one. Throws setup.missing without a build. */
export async function serveWeb(backend: Backend, port: number | null): Promise<WebServer> {
  if (!existsSync(builtHandler)) {
    throw new AppError('setup.missing', 'the pages are not built: run `npm run setup -- web`');
  }
  installBackend(backend);
  const { handler } = (await import(pathToFileURL(builtHandler).href)) as { handler: RequestListener };
  const server = createServer({ headersTimeout: HEADERS_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS }, handler);
  const realtime = attachRealtime(server, backend);
  server.on('upgrade', (request, socket) => {
    // attachRealtime has answered its own path; nothing else here speaks anything but HTTP.
    if (!request.url?.startsWith('/realtime')) socket.end('HTTP/1.1 404 Not Found\r\nConnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port ?? 0, backend.host, resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        realtime.close();
        server.close(() => {
          resolve();
        });
        server.closeIdleConnections();
        setTimeout(() => {
          server.closeAllConnections();
        }, 1_000).unref();
      }),
  };
}
