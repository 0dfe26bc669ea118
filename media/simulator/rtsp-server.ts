import { createServer, type AddressInfo, type Server } from 'node:net';
import { AppError } from '#protocol/errors.ts';
import { RtspConnection } from './rtsp-connection.ts';
import type { ServedStream } from './rtsp-conversation.ts';

export interface RtspServerOptions {
  /** 0: any free one. */
  readonly port: number;
  /** By path: `/entrance/main`. */
  readonly streams: ReadonlyMap<string, ServedStream>;
  readonly timeoutMs?: number;
  readonly maxConnections?: number;
  readonly monotonicMs?: () => number;
}

export interface RtspServer {
  readonly port: number;
  connections(): number;
  /** Cuts every connection and stops listening. Safe to call twice. */
  close(): Promise<void>;
}

/** An RTSP 1.0 server (RFC 2326) for cameras that do not exist, on loopback, RTP inside the RTSP connection only. */
export async function openRtspServer(options: RtspServerOptions): Promise<RtspServer> {
  const connections = new Set<RtspConnection>();
  const server = createServer((socket) => {
    const connection: RtspConnection = new RtspConnection({
      socket,
      find: (path) => options.streams.get(path),
      timeoutMs: options.timeoutMs ?? 60_000,
      monotonicMs: options.monotonicMs ?? (() => performance.now()),
      onClosed: () => connections.delete(connection),
    });
    connections.add(connection);
  });
  server.maxConnections = options.maxConnections ?? 64;
  await listen(server, options.port);
  const { port } = server.address() as AddressInfo;
  let closing: Promise<void> | null = null;
  return {
    port,
    connections: () => connections.size,
    close() {
      closing ??= new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        for (const connection of [...connections]) connection.cut();
      });
      return closing;
    },
  };
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new AppError('config.invalid', `cannot listen on 127.0.0.1:${String(port)}: ${cause.message}`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
