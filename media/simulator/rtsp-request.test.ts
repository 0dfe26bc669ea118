import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { REQUEST_LIMITS, RtspRequestReader, type RtspItem } from './rtsp-request.ts';

function read(text: string | Buffer): RtspItem[] {
  return new RtspRequestReader().push(Buffer.from(text as string, 'latin1'));
}

function refusal(text: string): number | null {
  const [item] = read(text);
  return item?.kind === 'malformed' ? item.status : null;
}

const OPTIONS = 'OPTIONS rtsp://cam/main RTSP/1.0\r\nCSeq: 1\r\n\r\n';

describe('RtspRequestReader', () => {
  it('reads method, URI, CSeq, headers and body', () => {
    const [item] = read(
      'SET_PARAMETER rtsp://cam/main RTSP/1.0\r\nCSeq: 7\r\nX-A:  b \r\nContent-Length: 3\r\n\r\nabc',
    );
    expect(item).toMatchObject({
      kind: 'request',
      request: { method: 'SET_PARAMETER', uri: 'rtsp://cam/main', cseq: 7, body: Buffer.from('abc') },
    });
    expect(item?.kind === 'request' && item.request.headers.get('x-a')).toBe('b');
  });

  it('finds the same items however the bytes are cut', () => {
    const rtcp = Buffer.concat([Buffer.from([0x24, 1, 0, 5]), Buffer.from('\r\n$$\n')]);
    const bytes = Buffer.concat([Buffer.from(OPTIONS), rtcp, Buffer.from(`\r\n${OPTIONS}`), rtcp]);
    const whole = new RtspRequestReader().push(bytes);
    expect(whole.map((item) => item.kind)).toEqual(['request', 'interleaved', 'request', 'interleaved']);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const places = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const reader = new RtspRequestReader();
        const items = places.slice(1).flatMap((end, i) => reader.push(bytes.subarray(places[i], end)));
        expect(items).toEqual(whole);
        expect(reader.pendingBytes).toBe(0);
      }),
    );
  });

  it('survives any bytes without an exception and keeps no more than one unfinished item', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 3000 }), { maxLength: 20 }), (chunks) => {
        const reader = new RtspRequestReader();
        for (const chunk of chunks) reader.push(Buffer.from(chunk));
        expect(reader.pendingBytes).toBeLessThanOrEqual(65_540);
      }),
    );
  });

  it.each([
    ['a request line with two spaces', 'OPTIONS  rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n', 400],
    ['a lower-case method', 'options rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n\r\n', 400],
    ['HTTP', 'GET / HTTP/1.1\r\nCSeq: 1\r\n\r\n', 400],
    ['a relative URI', 'OPTIONS /main RTSP/1.0\r\nCSeq: 1\r\n\r\n', 400],
    ['RTSP 2.0', 'OPTIONS rtsp://cam/ RTSP/2.0\r\nCSeq: 1\r\n\r\n', 505],
    ['a missing CSeq', 'OPTIONS rtsp://cam/ RTSP/1.0\r\n\r\n', 400],
    ['a CSeq that is no number', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: one\r\n\r\n', 400],
    ['two Session headers', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nSession: a\r\nSession: b\r\n\r\n', 400],
    ['a header line without a colon', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nnonsense\r\n\r\n', 400],
    ['a folded header line', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nA: b\r\n c\r\n\r\n', 400],
    ['a control character in a header', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nA: b\0\r\n\r\n', 400],
    ['a negative Content-Length', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n', 400],
    ['a body over 16 KiB', 'OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\nContent-Length: 16385\r\n\r\n', 413],
    ['a URI over 2000 characters', `OPTIONS rtsp://cam/${'a'.repeat(2000)} RTSP/1.0\r\nCSeq: 1\r\n\r\n`, 414],
    ['more than 64 headers', `OPTIONS rtsp://cam/ RTSP/1.0\r\nCSeq: 1\r\n${'A: b\r\n'.repeat(64)}\r\n`, 400],
    ['a head over 8 KiB that never ends', 'A'.repeat(REQUEST_LIMITS.headBytes + 1), 400],
  ])('refuses %s', (_what, text, status) => {
    expect(refusal(text)).toBe(status);
  });

  it('reads nothing more after something malformed', () => {
    const reader = new RtspRequestReader();
    reader.push(Buffer.from('nonsense\r\n\r\n'));
    expect(reader.push(Buffer.from(OPTIONS))).toEqual([]);
    expect(reader.pendingBytes).toBe(0);
  });
});
