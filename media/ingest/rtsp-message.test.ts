import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { MAX_BODY_BYTES, MAX_HEADER_BYTES } from './rtsp-head.ts';
import {
  formatInterleaved,
  formatNotImplemented,
  formatRequest,
  RtspReader,
  type RtspMessage,
} from './rtsp-message.ts';

function read(...chunks: (string | Buffer)[]): RtspMessage[] {
  const messages: RtspMessage[] = [];
  const reader = new RtspReader((message) => {
    messages.push(message.kind === 'interleaved' ? { ...message, payload: Buffer.from(message.payload) } : message);
  });
  for (const chunk of chunks) reader.push(typeof chunk === 'string' ? Buffer.from(chunk, 'latin1') : chunk);
  return messages;
}

function violationOf(...chunks: string[]): AppError {
  try {
    read(...chunks);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

const RESPONSE = 'RTSP/1.0 200 OK\r\nCSeq: 3\r\nContent-Length: 5\r\n\r\nv=0\r\n';

describe('RtspReader', () => {
  it('reads answers, requests and media mixed on one connection', () => {
    const media = formatInterleaved(1, Buffer.from('rtcp'));
    const messages = read(RESPONSE, media, 'OPTIONS * RTSP/1.0\r\nCSeq: 9\r\n\r\n', media, RESPONSE);
    expect(messages.map((message) => message.kind)).toEqual([
      'response',
      'interleaved',
      'request',
      'interleaved',
      'response',
    ]);
    expect(messages[0]).toMatchObject({ status: 200, body: Buffer.from('v=0\r\n') });
    expect(messages[1]).toMatchObject({ channel: 1, payload: Buffer.from('rtcp') });
    expect(messages[2]).toMatchObject({ method: 'OPTIONS' });
  });

  it('reads the same from single bytes as from one chunk', () => {
    const stream = Buffer.concat([
      Buffer.from(RESPONSE),
      formatInterleaved(0, Buffer.alloc(300, 7)),
      Buffer.from(RESPONSE),
    ]);
    const single = [...stream].map((byte) => Buffer.from([byte]));
    expect(read(...single)).toEqual(read(stream));
    expect(read(stream)).toHaveLength(3);
  });

  it('hands on payloads whole, each good for as long as its receiver has it', () => {
    const payloads = Array.from({ length: 20 }, (_, index) => Buffer.alloc(1000, index));
    const messages = read(...payloads.map((payload) => formatInterleaved(0, payload)));
    expect(messages.map((message) => (message.kind === 'interleaved' ? message.payload : null))).toEqual(payloads);
  });

  it('takes bare line feeds, empty lines between messages, folded lines and repeated headers', () => {
    const [message] = read(
      '\r\n\nRTSP/1.0 401 No\nWWW-Authenticate: Digest realm="a",\n nonce="b"\nwww-authenticate: Basic\n\n',
    );
    expect(message?.kind === 'response' ? message.headers.get('www-authenticate') : null).toEqual([
      'Digest realm="a", nonce="b"',
      'Basic',
    ]);
  });

  it.each([
    ['binary', '\x00\x01\x02'],
    ['a web server', 'HTTP/1.1 400 Bad Request\r\n'],
    ['a mail server', '220 mail.example ESMTP\r\n'],
    ['an upper-case line', 'HELLO\r\n'],
    ['a Content-Length that is no number', 'RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n'],
    ['a body that is too large', `RTSP/1.0 200 OK\r\nContent-Length: ${String(MAX_BODY_BYTES + 1)}\r\n\r\n`],
    ['an endless first line', 'A'.repeat(5000)],
    ['an endless header', `RTSP/1.0 200 OK\r\n${'X: y\r\n'.repeat(MAX_HEADER_BYTES / 6)}`],
  ])('refuses %s as soon as it can be told', (_what, bytes) => {
    expect(violationOf(bytes)).toMatchObject({ code: 'camera.protocol-violation', retryable: true });
  });

  it('waits for the rest of what may still become a message', () => {
    expect(read('RTSP/1.0 200 OK\r\nCSeq: 1\r\n')).toEqual([]);
    expect(read('$\x00\xff')).toEqual([]);
  });
});

describe('formatRequest', () => {
  it('writes a request that ends in an empty line', () => {
    const bytes = formatRequest('PLAY', 'rtsp://a/b', [
      ['CSeq', '1'],
      ['Range', 'npt=0-'],
    ]);
    expect(bytes.toString()).toBe('PLAY rtsp://a/b RTSP/1.0\r\nCSeq: 1\r\nRange: npt=0-\r\n\r\n');
  });

  it('refuses an address or header that would break out of its line', () => {
    expect(() => formatRequest('SETUP', 'rtsp://a/b\r\nX: y', [])).toThrow(AppError);
    expect(() => formatRequest('SETUP', 'rtsp://a/b c', [])).toThrow(AppError);
    expect(() => formatRequest('SETUP', 'rtsp://a/b', [['Session', 'a\nX: y']])).toThrow(AppError);
  });
});

describe('formatNotImplemented', () => {
  it('echoes a CSeq only when it is a number', () => {
    expect(formatNotImplemented('17').toString()).toBe('RTSP/1.0 501 Not Implemented\r\nCSeq: 17\r\n\r\n');
    expect(formatNotImplemented('1\r\nX: y').toString()).toContain('CSeq: 0\r\n');
  });
});
