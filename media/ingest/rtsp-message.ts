import { ingestError } from './ingest-errors.ts';
import { RtspHeadReader, type RtspHead, type RtspHeaders } from './rtsp-head.ts';

/** What a camera can send on an RTSP connection (RFC 2326 sections 6, 7 and 10.12). */
export type RtspMessage = RtspResponse | RtspRequest | InterleavedFrame;

export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly headers: RtspHeaders;
  readonly body: Buffer;
}

export interface InterleavedFrame {
  readonly kind: 'interleaved';
  readonly channel: number;
  /** A view into the reader's buffer: good until the receiver returns. */
  readonly payload: Buffer;
}

const INTERLEAVED_MAGIC = 0x24;
const INTERLEAVED_HEADER_BYTES = 4;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Cuts a camera's bytes into messages, however they were split on the way. Holds at most one incomplete message (16 KiB
 * of header, 256 KiB of body, 64 KiB interleaved) and one chunk. Lines may end in CR LF or LF, as cameras send both.
 */
export class RtspReader {
  readonly #onMessage: (message: RtspMessage) => void;
  #buffer: Buffer = Buffer.allocUnsafe(4096);
  #start = 0;
  #end = 0;
  /** The header of a message whose body is still on its way. */
  #head: RtspHead | null = null;
  readonly #headReader = new RtspHeadReader();

  constructor(onMessage: (message: RtspMessage) => void) {
    this.#onMessage = onMessage;
  }

  /** Hands on what became complete. Throws camera.protocol-violation; the connection is worth nothing after that. */
  push(chunk: Buffer): void {
    this.#append(chunk);
    for (;;) {
      const taken = this.#takeOne();
      if (taken === 0) return;
      this.#start += taken;
    }
  }

  #append(chunk: Buffer): void {
    const held = this.#end - this.#start;
    if (this.#end + chunk.length > this.#buffer.length) {
      const needed = held + chunk.length;
      const target = needed > this.#buffer.length ? Buffer.allocUnsafe(needed * 2) : this.#buffer;
      this.#buffer.copy(target, 0, this.#start, this.#end);
      this.#buffer = target;
      this.#start = 0;
      this.#end = held;
    }
    chunk.copy(this.#buffer, this.#end);
    this.#end += chunk.length;
  }

  /** Bytes consumed; 0 when the next message is not complete. */
  #takeOne(): number {
    const pending = this.#buffer.subarray(this.#start, this.#end);
    const first = pending[0];
    if (first === undefined) return 0;
    if (first === INTERLEAVED_MAGIC) return this.#takeInterleaved(pending);
    if (first === CR || first === LF) return 1; // Some cameras put an empty line between messages.
    return this.#takeText(pending);
  }

  #takeInterleaved(pending: Buffer): number {
    if (pending.length < INTERLEAVED_HEADER_BYTES) return 0;
    const end = INTERLEAVED_HEADER_BYTES + pending.readUInt16BE(2);
    if (pending.length < end) return 0;
    const payload = pending.subarray(INTERLEAVED_HEADER_BYTES, end);
    this.#onMessage({ kind: 'interleaved', channel: pending.readUInt8(1), payload });
    return end;
  }

  #takeText(pending: Buffer): number {
    this.#head ??= this.#headReader.read(pending);
    if (this.#head === null) return 0;
    const { startLine, headers, bytes, bodyBytes } = this.#head;
    if (pending.length < bytes + bodyBytes) return 0;
    this.#head = null;
    this.#onMessage({ ...startLine, headers, body: Buffer.from(pending.subarray(bytes, bytes + bodyBytes)) });
    return bytes + bodyBytes;
  }
}

/** A request without body. Throws camera.protocol-violation when a value (a URL from an SDP, say) would break a line. */
export function formatRequest(method: string, url: string, headers: readonly (readonly [string, string])[]): Buffer {
  const lines = [`${method} ${url} RTSP/1.0`, ...headers.map(([name, value]) => `${name}: ${value}`)];
  if (/\s/.test(url) || lines.some(hasControlCharacter))
    throw ingestError.violation('gave an address or a session that no request can carry');
  return Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'utf8');
}

/** What a camera's own request is answered with: nothing of it is implemented here. `cseq` is its CSeq header. */
export function formatNotImplemented(cseq: string): Buffer {
  const safe = /^\d{1,10}$/.test(cseq) ? cseq : '0';
  return Buffer.from(`RTSP/1.0 501 Not Implemented\r\nCSeq: ${safe}\r\n\r\n`, 'latin1');
}

export function formatInterleaved(channel: number, payload: Buffer): Buffer {
  const header = Buffer.from([INTERLEAVED_MAGIC, channel, payload.length >> 8, payload.length & 0xff]);
  return Buffer.concat([header, payload]);
}

function hasControlCharacter(line: string): boolean {
  for (let index = 0; index < line.length; index += 1) {
    const code = line.charCodeAt(index);
    if (code < 0x20 || code === 0x7f) return true;
  }
  return false;
}
