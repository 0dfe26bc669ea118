import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import type { Closable } from '#ops/runtime/bus.port.ts';
import { decode } from '#protocol/codec.ts';
import { pageRequestSchema, type PageRequest } from '#protocol/live.ts';
import type { Backend } from './backend.ts';
import { hostAllowed, sameOrigin } from './origin.ts';

const PATH = '/realtime';
const MAX_SOCKETS = 256;
const MAX_MESSAGE_BYTES = 16 * 1024;
/** Beyond this much unsent, boxes are dropped: they are old by the time they would arrive. */
const LOSSY_LIMIT_BYTES = 128 * 1024;
/** Beyond this much unsent, the page is hung up on: it comes back and gets a snapshot. */
const HARD_LIMIT_BYTES = 4 * 1024 * 1024;
const HEARTBEAT_MS = 10_000;

/** The server's `upgrade` event, as Node's and Vite's servers both have it. */
type UpgradeSource = Pick<Server, 'on' | 'off'>;

/**
 * Speaks protocol/live with pages at /realtime. Other upgrades are left alone (in development they are Vite's). The
 * heartbeat is seen by both ends: a ping the browser answers by itself, and a `notice` the page's script can watch for.
 */
export function attachRealtime(server: UpgradeSource, backend: Backend): Closable {
  const sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  const alive = new WeakSet<WebSocket>();

  const onUpgrade = (request: IncomingMessage, socket: Duplex, head: Buffer): void => {
    if (new URL(request.url ?? '/', 'http://local').pathname !== PATH) return;
    const refusal = refusalOf(request, backend.host, sockets.clients.size);
    if (refusal !== null) {
      socket.end(`HTTP/1.1 ${refusal}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
      return;
    }
    sockets.handleUpgrade(request, socket, head, (page) => {
      alive.add(page);
      page.on('pong', () => alive.add(page));
      serve(page, backend);
    });
  };

  const heartbeat = setInterval(() => {
    for (const page of sockets.clients) {
      if (!alive.has(page)) {
        page.terminate();
        continue;
      }
      alive.delete(page);
      page.ping();
      page.send(JSON.stringify(backend.hub.notice()));
    }
  }, HEARTBEAT_MS);

  server.on('upgrade', onUpgrade);
  return {
    close() {
      clearInterval(heartbeat);
      server.off('upgrade', onUpgrade);
      for (const page of sockets.clients) page.close(1001, 'the server is stopping');
      sockets.close();
    },
  };
}

function refusalOf(request: IncomingMessage, configuredHost: string, open: number): string | null {
  const host = request.headers.host ?? null;
  if (!hostAllowed(host, configuredHost)) return '421 Misdirected Request';
  if (!sameOrigin(request.headers.origin ?? null, host)) return '403 Forbidden';
  return open >= MAX_SOCKETS ? '503 Service Unavailable' : null;
}

function serve(page: WebSocket, { hub, log }: Backend): void {
  let watched = new Set<string>();
  const onBoxes = (text: string): void => {
    if (page.bufferedAmount <= LOSSY_LIMIT_BYTES) page.send(text);
  };
  const membership = hub.join((text) => {
    if (page.bufferedAmount > HARD_LIMIT_BYTES) page.terminate();
    else page.send(text);
  });
  for (const message of hub.snapshot()) page.send(JSON.stringify(message));

  const watch = (wanted: Set<string>): void => {
    for (const camera of watched) if (!wanted.has(camera)) hub.boxes.remove(camera, onBoxes);
    for (const camera of wanted) if (!watched.has(camera)) hub.boxes.add(camera, onBoxes);
    watched = wanted;
  };
  page.on('message', (bytes: Buffer) => {
    let request: PageRequest;
    try {
      request = decode(pageRequestSchema, bytes);
    } catch (error) {
      log.warn({ error }, 'a page sent a message that is not understood');
      page.close(1003, 'not understood');
      return;
    }
    if (request.type === 'watch') watch(new Set(request.boxesOf));
    else if (request.type === 'ping') page.send(JSON.stringify(hub.notice()));
    // Only of what the page gets, so that nobody fills the ledger with cameras that are not there.
    else if (watched.has(request.report.camera)) hub.skew.add(request.report, page);
  });
  page.on('error', () => {
    page.terminate();
  });
  page.on('close', () => {
    membership.close();
    for (const camera of watched) hub.boxes.remove(camera, onBoxes);
    watched.clear();
  });
}
