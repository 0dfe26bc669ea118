import { Reception } from '#media/ingest/reception.ts';
import { parseRtcp } from '#media/ingest/rtcp.ts';
import { parseRtp } from '#media/ingest/rtp.ts';
import { RtspAuthenticator } from '#media/ingest/rtsp.auth.ts';
import { firstHeader } from '#media/ingest/rtsp-head.ts';
import { formatNotImplemented, formatRequest, RtspReader } from '#media/ingest/rtsp-message.ts';
import { channels, parseSession } from '#media/ingest/rtsp.session.ts';
import { contentBase, controlUrl, streamAddress } from '#media/ingest/rtsp-url.ts';
import { describeVideo } from '#media/ingest/sdp.ts';
import { corpusOf } from '../corpus.ts';
import { floodOf, promise, refusingWith, type FuzzTarget, type Pieces } from '../fuzz-target.ts';

const words = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));
const MARKS = words('\r\n', '\r\n\r\n', '\n', ':', '$', '"', '\\', ',', ';', '=', ' ', '\t', '\0', '__proto__', 'é');
/** What one socket read brings at most. */
const CHUNK_BYTES = 64 * 1024;

/** Answers, requests and media of one connection, cut anywhere. */
export const rtsp: FuzzTarget = {
  name: 'rtsp',
  corpus: corpusOf('rtsp'),
  floods: [
    // A header that comes line by line; messages without anything in them.
    [...words('RTSP/1.0 200 OK\r\n'), ...words(...Array.from({ length: 1700 }, () => 'CSeq: 4\r\n'))],
    ...words('$\0\0\0', '\n', 'A a RTSP/1.0\n\n', 'RTSP/1.0 200\n\n').map((text) => [floodOf(text, CHUNK_BYTES)]),
  ],
  dictionary: [
    ...MARKS,
    ...words('RTSP/1.0 ', 'RTSP/1.0 200 OK\r\n', 'Content-Length: ', 'CSeq: ', 'OPTIONS * RTSP/1.0\r\n', '$\0\0\0'),
    Buffer.from([0x24, 0, 0xff, 0xff]),
  ],
  maxBytes: CHUNK_BYTES,
  open: () => (pieces) => {
    const bytes = Buffer.concat(pieces);
    let handedOn = 0;
    const reader = new RtspReader((message) => {
      handedOn += message.kind === 'interleaved' ? message.payload.length : message.body.length;
      if (message.kind === 'request') formatNotImplemented(firstHeader(message.headers, 'cseq') ?? '');
    });
    return refusingWith('camera.protocol-violation', () => {
      for (const chunk of cut(bytes, pieces)) reader.push(chunk);
      promise(handedOn <= bytes.length, 'no more is handed on than came');
    });
  },
};

/** Whole, at its pieces, or into many of one size: which, the input itself says, so that it can be run again. */
function cut(bytes: Buffer, pieces: Pieces): Pieces {
  const way = bytes.length % 3;
  if (way === 0) return [bytes];
  if (way === 1) return pieces;
  const size = Math.max(1 + (bytes.length % 97), bytes.length >> 8);
  return Array.from({ length: Math.ceil(bytes.length / size) }, (_, nth) =>
    bytes.subarray(nth * size, (nth + 1) * size),
  );
}

export const sdp: FuzzTarget = {
  name: 'sdp',
  corpus: corpusOf('sdp'),
  floods: words(
    'a=\r\n',
    '\n',
    '\r',
    'm=\r\n',
    'm=video 0 RTP/AVP 96\r\n',
    'a=rtpmap:96 H264/90000\r\n',
    'a=ssrc:1 a:b\r\n',
  ).map((line) => [Buffer.from('v=0\r\n'), floodOf(line, CHUNK_BYTES - 5)]),
  dictionary: [
    ...MARKS,
    ...words(
      'v=0\r\n',
      'm=video 0 RTP/AVP 96\r\n',
      'a=rtpmap:96 H264/90000\r\n',
      'a=fmtp:96 ',
      'a=control:',
      'c=IN IP4 ',
    ),
    ...words(
      'a=rtpmap:',
      'H265',
      'HEVC',
      'sprop-parameter-sets=',
      'a=framerate:',
      'a=candidate:',
      'a=ssrc:',
      'a=extmap:',
    ),
    ...words(
      'a=crypto:',
      'a=rid:',
      'a=simulcast:',
      'a=imageattr:',
      'a=source-filter: incl IN IP4 ',
      'a=group:',
      'a=msid:',
    ),
  ],
  maxBytes: CHUNK_BYTES,
  open: () => (pieces) =>
    refusingWith('camera.', () => {
      const { track, control, sessionControl } = describeVideo(Buffer.concat(pieces));
      promise(track.payloadType >= 0 && track.payloadType <= 127, 'a payload type has seven bits');
      promise(typeof (control ?? sessionControl ?? '') === 'string', 'control is text');
      promise(track.fps === null || (track.fps > 0 && track.fps <= 240), 'a rate is believable');
    }),
};

/** Packets of one stream, in order. */
export const rtp: FuzzTarget = {
  name: 'rtp',
  corpus: corpusOf('rtp'),
  dictionary: [Buffer.from([0x80, 0xe0]), Buffer.from([0x90, 0x60]), Buffer.from([0xbe, 0xde, 0, 1]), Buffer.alloc(4)],
  maxBytes: CHUNK_BYTES,
  open: () => {
    const reception = new Reception();
    let atMs = 0;
    return (pieces) => {
      let taken = 0;
      for (const piece of pieces) {
        const packet = parseRtp(piece);
        if (packet === null) continue;
        taken += 1;
        promise(packet.payload.length <= piece.length - 12, 'a payload is part of its packet');
        reception.packetArrived(packet, (atMs += 40));
      }
      const report = reception.report(atMs);
      promise(report === null || Object.values(report).every(isUnsigned32), 'a receiver report can be written');
      return taken > 0 ? 'taken' : 'refused';
    };
  },
};

function isUnsigned32(value: unknown): boolean {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) < 2 ** 32;
}

export const rtcp: FuzzTarget = {
  name: 'rtcp',
  corpus: corpusOf('rtcp'),
  dictionary: [200, 201, 202, 203, 204].map((type) => Buffer.from([0x81, type, 0, 6])),
  maxBytes: CHUNK_BYTES,
  open: () => (pieces) => {
    const bytes = Buffer.concat(pieces);
    const { senderReports, goodbyes } = parseRtcp(bytes);
    promise(
      senderReports.every(({ ntpMs }) => Number.isFinite(ntpMs)),
      'an instant is a number',
    );
    promise(senderReports.length * 28 + goodbyes.length * 4 <= bytes.length, 'nothing is read twice');
    return senderReports.length + goodbyes.length > 0 ? 'taken' : 'refused';
  },
};

/** `WWW-Authenticate`, as many times as there are pieces. */
export const challenge: FuzzTarget = {
  name: 'challenge',
  corpus: corpusOf('challenge'),
  floods: words('1', '-', 'a', ' ', '"', 'a="', '\\"', '1 ').map((text) => [floodOf(text, 16 * 1024)]),
  dictionary: [
    ...MARKS,
    ...words('Digest ', 'Basic ', 'realm=', 'nonce="', 'qop="auth"', 'algorithm=SHA-256', 'stale=true'),
  ],
  maxBytes: 16 * 1024,
  open: () => (pieces) => {
    const authenticator = new RtspAuthenticator({ username: 'u', password: 'p' });
    if (!authenticator.challenged(pieces.map((piece) => piece.toString('latin1')))) return 'refused';
    const answer = authenticator.authorization('PLAY', 'rtsp://a/b') ?? '';
    promise(/^(Digest|Basic) /.test(answer), 'a challenge that is taken is answered');
    return refusingWith('camera.protocol-violation', () => {
      formatRequest('PLAY', 'rtsp://a/b', [['Authorization', answer]]);
    });
  },
};

/** Session and Transport, whichever the piece may be. */
export const header: FuzzTarget = {
  name: 'header',
  corpus: corpusOf('header'),
  dictionary: [...MARKS, ...words('timeout=', 'interleaved=', 'RTP/AVP/TCP', '-')],
  maxBytes: 16 * 1024,
  open: () => (pieces) =>
    refusingWith('camera.', () => {
      for (const piece of pieces) {
        const text = piece.toString('latin1');
        const { timeoutMs } = parseSession(text);
        promise(timeoutMs >= 2000 && timeoutMs <= 3_600_000, 'a keep-alive is neither a flood nor never');
        promise(
          channels(text).every((channel) => channel >= 0 && channel <= 255),
          'a channel is a byte',
        );
      }
    }),
};

/** A stated base, then control attributes. */
export const address: FuzzTarget = {
  name: 'address',
  corpus: corpusOf('address'),
  dictionary: [...MARKS, ...words('rtsp://', 'rtsps://', 'rtsp://evil.example', '//', '@', '..', '?', '#', '*')],
  maxBytes: 16 * 1024,
  open: () => {
    const typed = streamAddress('rtsp://cam.example/live');
    return (pieces) => {
      const [stated, ...controls] = pieces.map((piece) => piece.toString('latin1').replace(/\r\n$/, ''));
      const base = contentBase(typed, stated ?? null);
      return refusingWith('camera.protocol-violation', () => {
        for (const url of [base, ...controls.map((control) => controlUrl(typed, base, control))]) {
          promise(/^rtsp:\/\/cam\.example:554(?:[/?]|$)/.test(url), 'requests go to the host that was typed');
          formatRequest('SETUP', url, []);
        }
      });
    };
  },
};
