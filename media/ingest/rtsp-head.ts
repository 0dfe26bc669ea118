import { ingestError } from './ingest-errors.ts';

/** Names in lower case; every value in order of appearance, since a camera may send several challenges. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

export function firstHeader(headers: RtspHeaders, name: string): string | null {
  return headers.get(name)?.[0] ?? null;
}

/** What stands before a message's body (RFC 2326 sections 4 to 7). */
export interface RtspHead {
  readonly startLine: StartLine;
  readonly headers: RtspHeaders;
  readonly bytes: number;
  readonly bodyBytes: number;
}

export type StartLine =
  { readonly kind: 'response'; readonly status: number } | { readonly kind: 'request'; readonly method: string };

export const MAX_HEADER_BYTES = 16 * 1024;
export const MAX_BODY_BYTES = 256 * 1024;
const MAX_START_LINE_BYTES = 4096;
const CR = 0x0d;
const LF = 0x0a;

/** Reads heads as their bytes come in. No line is looked at twice, however few bytes come at a time. */
export class RtspHeadReader {
  #startLine: { readonly value: StartLine; readonly bytes: number } | null = null;
  #searched = 0;

  /** `pending` begins with the head and has grown since the last call, unless a head was found. Null: incomplete. */
  read(pending: Buffer): RtspHead | null {
    this.#startLine ??= this.#readStartLine(pending);
    if (this.#startLine === null) return null;
    const { value: startLine, bytes: startLineBytes } = this.#startLine;
    const bytes = this.#findEnd(pending);
    if (bytes > MAX_HEADER_BYTES || (bytes === -1 && pending.length > MAX_HEADER_BYTES)) {
      throw ingestError.violation(`sent a header of more than ${String(MAX_HEADER_BYTES)} bytes`);
    }
    if (bytes === -1) return null;
    this.#startLine = null;
    this.#searched = 0;
    const headers = parseHeaders(unfold(pending.toString('latin1', startLineBytes, bytes)));
    return { startLine, headers, bytes, bodyBytes: bodyLength(headers) };
  }

  /** Garbage is refused as soon as it can be told. */
  #readStartLine(pending: Buffer): { value: StartLine; bytes: number } | null {
    const first = pending.readUInt8(0);
    const isUpperCase = first >= 0x41 && first <= 0x5a;
    if (!isUpperCase) throw ingestError.violation('sent bytes that are not RTSP');
    const lineEnd = pending.indexOf(LF, this.#searched);
    if (lineEnd > MAX_START_LINE_BYTES || (lineEnd === -1 && pending.length > MAX_START_LINE_BYTES)) {
      throw ingestError.violation('sent something that is not RTSP');
    }
    this.#searched = lineEnd === -1 ? pending.length : lineEnd;
    return lineEnd === -1
      ? null
      : { value: parseStartLine(pending.toString('latin1', 0, lineEnd)), bytes: lineEnd + 1 };
  }

  /** Index just behind the empty line, or -1. */
  #findEnd(pending: Buffer): number {
    for (let lf = pending.indexOf(LF, this.#searched); lf !== -1; lf = pending.indexOf(LF, lf + 1)) {
      this.#searched = lf;
      if (lf > MAX_HEADER_BYTES) break;
      if (pending[lf + 1] === LF) return lf + 2;
      if (pending[lf + 1] === CR && pending[lf + 2] === LF) return lf + 3;
    }
    return -1;
  }
}

/** Lines, with continuation lines (leading white space) joined to the one before. */
function unfold(text: string): string[] {
  return text
    .replace(/\r?\n[ \t]+/g, ' ')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

function parseStartLine(line: string): StartLine {
  const response = /^RTSP\/\d\.\d +(\d{3})(?:\s|$)/.exec(line);
  if (response !== null) return { kind: 'response', status: Number(response[1]) };
  const request = /^([A-Z_]{1,32})\s+\S+\s+RTSP\/\d\.\d\s*$/.exec(line);
  if (request?.[1] !== undefined) return { kind: 'request', method: request[1] };
  throw ingestError.violation('sent something that is not RTSP');
}

/** A line without a colon says nothing and is left out. */
function parseHeaders(lines: readonly string[]): RtspHeaders {
  const headers = new Map<string, string[]>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const name = line.slice(0, colon).trim().toLowerCase();
    const value = line.slice(colon + 1).trim();
    const values = headers.get(name);
    if (values === undefined) headers.set(name, [value]);
    else values.push(value);
  }
  return headers;
}

function bodyLength(headers: RtspHeaders): number {
  const text = firstHeader(headers, 'content-length');
  if (text === null || text === '') return 0;
  if (!/^\d{1,9}$/.test(text)) throw ingestError.violation('sent a Content-Length that is no number');
  const length = Number(text);
  if (length > MAX_BODY_BYTES)
    throw ingestError.violation(`announced a body of more than ${String(MAX_BODY_BYTES)} bytes`);
  return length;
}
