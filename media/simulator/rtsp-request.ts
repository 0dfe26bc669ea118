/** One request as a client sent it. Header names are lower case; a repeated header's values are joined with ", ". */
export interface RtspRequest {
  readonly method: string;
  /** Absolute `rtsp://` URL, or `*`. */
  readonly uri: string;
  readonly cseq: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: Buffer;
}

/** What a client's byte stream holds. After `malformed` nothing in it can be trusted: answer and close. */
export type RtspItem =
  | { readonly kind: 'request'; readonly request: RtspRequest }
  | { readonly kind: 'interleaved'; readonly channel: number; readonly payload: Buffer }
  | { readonly kind: 'malformed'; readonly status: number; readonly cseq: number | null; readonly why: string };

export const REQUEST_LIMITS = { headBytes: 8 * 1024, headers: 64, bodyBytes: 16 * 1024, uriChars: 2000 } as const;

const DOLLAR = 0x24;
const INTERLEAVED_HEADER_BYTES = 4;
const HEAD_END = Buffer.from('\r\n\r\n');
const REQUEST_LINE = /^([A-Z][A-Z_]{0,31}) ([\x21-\x7e]+) RTSP\/(\d)\.(\d)$/;
const HEADER_LINE = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([\t\x20-\x7e\x80-\xff]*?)[ \t]*$/;
/** Two of these would let two readers of one request disagree. */
const SINGLE_HEADERS = new Set(['cseq', 'content-length', 'session', 'authorization', 'transport']);

/**
 * Cuts a client's byte stream into requests (RFC 2326 sections 4 and 6) and interleaved packets (section 10.12).
 * Strict: whatever the grammar does not allow is `malformed`. Keeps at most one unfinished item.
 */
export class RtspRequestReader {
  #pending: Buffer = Buffer.alloc(0);
  #isBroken = false;

  /** Bytes of an item that is not complete yet. */
  get pendingBytes(): number {
    return this.#pending.length;
  }

  push(chunk: Buffer): RtspItem[] {
    if (this.#isBroken) return [];
    const items: RtspItem[] = [];
    let rest = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const taken = takeItem(rest);
      if (taken === null) break;
      if (taken.item !== null) items.push(taken.item);
      if (taken.item?.kind === 'malformed') {
        this.#isBroken = true;
        rest = Buffer.alloc(0);
        break;
      }
      rest = rest.subarray(taken.bytes);
    }
    // A copy, so that a few leftover bytes do not keep a large chunk alive.
    this.#pending = Buffer.from(rest);
    return items;
  }
}

interface Taken {
  readonly item: RtspItem | null;
  readonly bytes: number;
}

function takeItem(bytes: Buffer): Taken | null {
  if (bytes.length === 0) return null;
  if (bytes[0] === DOLLAR) return takeInterleaved(bytes);
  // Some clients send empty lines between requests.
  if (bytes[0] === 0x0d && bytes[1] === 0x0a) return { item: null, bytes: 2 };
  if (bytes[0] === 0x0d && bytes.length === 1) return null;
  return takeRequest(bytes);
}

function takeInterleaved(bytes: Buffer): Taken | null {
  if (bytes.length < INTERLEAVED_HEADER_BYTES) return null;
  const end = INTERLEAVED_HEADER_BYTES + bytes.readUInt16BE(2);
  if (bytes.length < end) return null;
  const payload = Buffer.from(bytes.subarray(INTERLEAVED_HEADER_BYTES, end));
  return { item: { kind: 'interleaved', channel: bytes.readUInt8(1), payload }, bytes: end };
}

function takeRequest(bytes: Buffer): Taken | null {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd > REQUEST_LIMITS.headBytes || (headEnd === -1 && bytes.length > REQUEST_LIMITS.headBytes)) {
    return malformed(400, 'request head longer than 8 KiB');
  }
  if (headEnd === -1) return null;
  const [requestLine = '', ...headerLines] = bytes.toString('latin1', 0, headEnd).split('\r\n');
  const headers = readHeaders(headerLines);
  if (typeof headers === 'string') return malformed(400, headers);
  const cseq = readNumber(headers.get('cseq'), 9);
  const line = REQUEST_LINE.exec(requestLine);
  if (line === null) return malformed(400, 'not an RTSP request line', cseq);
  const [, method = '', uri = '', major, minor] = line;
  if (major !== '1' || minor !== '0') return malformed(505, 'only RTSP/1.0 is spoken here', cseq);
  if (uri.length > REQUEST_LIMITS.uriChars) return malformed(414, 'request URI too long', cseq);
  if (uri !== '*' && !/^rtsps?:\/\/[^/]+/i.test(uri)) return malformed(400, 'request URI must be absolute', cseq);
  if (cseq === null) return malformed(400, 'CSeq missing or not a number');
  const lengthHeader = headers.get('content-length');
  const bodyBytes = lengthHeader === undefined ? 0 : readNumber(lengthHeader, 9);
  if (bodyBytes === null) return malformed(400, 'Content-Length is not a number', cseq);
  if (bodyBytes > REQUEST_LIMITS.bodyBytes) return malformed(413, 'request body longer than 16 KiB', cseq);
  const bodyStart = headEnd + HEAD_END.length;
  if (bytes.length < bodyStart + bodyBytes) return null;
  const body = Buffer.from(bytes.subarray(bodyStart, bodyStart + bodyBytes));
  return { item: { kind: 'request', request: { method, uri, cseq, headers, body } }, bytes: bodyStart + bodyBytes };
}

/** The headers, or what is wrong with them. */
function readHeaders(lines: readonly string[]): Map<string, string> | string {
  if (lines.length > REQUEST_LIMITS.headers) return 'more than 64 headers';
  const headers = new Map<string, string>();
  for (const line of lines) {
    const match = HEADER_LINE.exec(line);
    if (match === null) return 'a header line is malformed';
    const name = (match[1] ?? '').toLowerCase();
    const value = match[2] ?? '';
    const earlier = headers.get(name);
    if (earlier !== undefined && SINGLE_HEADERS.has(name)) return `header ${name} is repeated`;
    headers.set(name, earlier === undefined ? value : `${earlier}, ${value}`);
  }
  return headers;
}

function readNumber(text: string | undefined, maxDigits: number): number | null {
  return text !== undefined && /^\d+$/.test(text) && text.length <= maxDigits ? Number(text) : null;
}

function malformed(status: number, why: string, cseq: number | null = null): Taken {
  return { item: { kind: 'malformed', status, cseq, why }, bytes: 0 };
}
