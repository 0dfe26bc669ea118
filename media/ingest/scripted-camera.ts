import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';

/** One request as the scripted camera read it. */
export interface ScriptedRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: ReadonlyMap<string, string>;
  readonly text: string;
}

/** What the camera does with a request: answers by writing to the socket, or does not. */
export type Answer = (request: ScriptedRequest, socket: Socket) => void;

export interface Script {
  /** Before any request is read: banners, garbage. */
  readonly onConnect?: (socket: Socket) => void;
  /** By method; the rest is answered as a well-behaved camera would. */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly sdp?: string;
  /** A key and a certificate make it an rtsps camera. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A camera for tests that behaves, except where its script says otherwise. */
export interface ScriptedCamera {
  readonly port: number;
  readonly url: string;
  readonly requests: ScriptedRequest[];
  /** RTCP and whatever else came interleaved, by channel. */
  readonly interleaved: { readonly channel: number; readonly payload: Buffer }[];
  connections(): number;
  close(): Promise<void>;
}

/** 640x360, Main profile, 15 fps, as x264 writes them. */
export const SPS = Buffer.from('674d4016eca05017fcb80880000003008000000f078b16cb', 'hex');
export const PPS = Buffer.from('68ebe3cb20', 'hex');

export const SDP = [
  'v=0',
  'o=- 1 1 IN IP4 203.0.113.9',
  's=Scripted',
  'c=IN IP4 203.0.113.9',
  't=0 0',
  'a=control:*',
  'm=audio 0 RTP/AVP 0',
  'a=control:trackID=0',
  'm=video 0 RTP/AVP 96',
  'a=rtpmap:96 H264/90000',
  `a=fmtp:96 packetization-mode=1;profile-level-id=4D4016;sprop-parameter-sets=${SPS.toString('base64')},${PPS.toString('base64')}`,
  'a=control:trackID=1',
  '',
].join('\r\n');

export async function openScriptedCamera(script: Script = {}): Promise<ScriptedCamera> {
  const requests: ScriptedRequest[] = [];
  const interleaved: { channel: number; payload: Buffer }[] = [];
  const sockets = new Set<Socket>();
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    script.onConnect?.(socket);
    readRequests(socket, interleaved, (request) => {
      requests.push(request);
      const answer = script.answers?.[request.method] ?? behave(script.sdp ?? SDP);
      answer(request, socket);
    });
  };
  const server: Server = script.tls === undefined ? createServer(serve) : createTlsServer(script.tls, serve);
  server.on('tlsClientError', () => undefined);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const scheme = script.tls === undefined ? 'rtsp' : 'rtsps';
  return {
    port,
    url: `${scheme}://127.0.0.1:${String(port)}/live/main?profile=1`,
    requests,
    interleaved,
    connections: () => sockets.size,
    async close() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A response with the request's CSeq. */
export function reply(
  request: ScriptedRequest,
  status: number,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const lines = [`RTSP/1.0 ${String(status)} Whatever`, `CSeq: ${request.headers.get('cseq') ?? ''}`];
  for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
  if (body !== '') lines.push(`Content-Length: ${String(Buffer.byteLength(body))}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}

function behave(sdp: string): Answer {
  return (request, socket) => {
    switch (request.method) {
      case 'OPTIONS':
        return void socket.write(
          reply(request, 200, { Public: 'OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN' }),
        );
      case 'DESCRIBE':
        return void socket.write(reply(request, 200, { 'Content-Type': 'application/sdp' }, sdp));
      case 'SETUP':
        return void socket.write(
          reply(request, 200, { Session: 'abc123;timeout=60', Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' }),
        );
      case 'TEARDOWN':
        return void socket.end(reply(request, 200));
      default:
        return void socket.write(reply(request, 200));
    }
  };
}

/** One interleaved RTP packet. */
export function rtp(options: {
  sequenceNumber: number;
  timestamp?: number;
  marker?: boolean;
  payload?: Buffer;
  channel?: number;
  payloadType?: number;
}): Buffer {
  const payload = options.payload ?? Buffer.from([0x41, 0x9a, 0x00]);
  const packet = Buffer.alloc(12 + payload.length);
  packet.writeUInt8(0x80, 0);
  packet.writeUInt8((options.marker === false ? 0 : 0x80) | (options.payloadType ?? 96), 1);
  packet.writeUInt16BE(options.sequenceNumber & 0xffff, 2);
  packet.writeUInt32BE(options.timestamp ?? 0, 4);
  packet.writeUInt32BE(0xcafe, 8);
  payload.copy(packet, 12);
  return interleave(options.channel ?? 0, packet);
}

export function interleave(channel: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x24, channel, payload.length >> 8, payload.length & 0xff]), payload]);
}

function readRequests(
  socket: Socket,
  interleaved: { channel: number; payload: Buffer }[],
  onRequest: (request: ScriptedRequest) => void,
): void {
  let pending = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    pending = Buffer.concat([pending, chunk]);
    for (;;) {
      if (pending[0] === 0x24) {
        const end = pending.length < 4 ? Infinity : 4 + pending.readUInt16BE(2);
        if (pending.length < end) return;
        interleaved.push({ channel: pending.readUInt8(1), payload: pending.subarray(4, end) });
        pending = pending.subarray(end);
        continue;
      }
      const end = pending.indexOf('\r\n\r\n');
      if (end === -1) return;
      const text = pending.toString('utf8', 0, end);
      pending = pending.subarray(end + 4);
      onRequest(parseRequest(text));
    }
  });
}

function parseRequest(text: string): ScriptedRequest {
  const [start = '', ...lines] = text.split('\r\n');
  const [method = '', url = ''] = start.split(' ');
  const headers = new Map(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()] as const;
    }),
  );
  return { method, url, headers, text };
}
