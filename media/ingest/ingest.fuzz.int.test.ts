import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { camera, open, until } from './ingest-rig.ts';
import { parseRtcp } from './rtcp.ts';
import { parseRtp } from './rtp.ts';
import { parseChallenges, RtspAuthenticator } from './rtsp.auth.ts';
import { RtspReader } from './rtsp-message.ts';
import { channels, parseSession } from './rtsp.session.ts';
import { contentBase, controlUrl, streamAddress } from './rtsp-url.ts';
import { interleave, rtp, SDP, SPS } from './scripted-camera.ts';
import { describeVideo } from './sdp.ts';

const RUNS = { numRuns: 20_000 };

interface Mutation {
  readonly at: number;
  readonly remove: number;
  readonly insert: Buffer;
}

const mutations: fc.Arbitrary<readonly Mutation[]> = fc.array(
  fc.record({
    at: fc.double({ min: 0, max: 1, noNaN: true }),
    remove: fc.nat(6),
    insert: fc.oneof(
      fc.uint8Array({ maxLength: 5 }).map((bytes) => Buffer.from(bytes)),
      fc
        .constantFrom('\r\n', '\r\n\r\n', '\n', ':', '$', '"', ',', ';', '=', ' ', '__proto__', '99999999999', '-1')
        .map((text) => Buffer.from(text)),
    ),
  }),
  { maxLength: 5 },
);

function mutate(bytes: Buffer, changes: readonly Mutation[]): Buffer {
  let mutated = bytes;
  for (const { at, remove, insert } of changes) {
    const start = Math.floor(at * mutated.length);
    mutated = Buffer.concat([mutated.subarray(0, start), insert, mutated.subarray(start + remove)]);
  }
  return mutated;
}

/** Runs what may refuse its input, but only with an AppError. */
function refusingOnlyByAppError(run: () => void): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    expect(error.code).toMatch(/^camera\./);
  }
}

const CONVERSATION = Buffer.concat([
  Buffer.from(
    'RTSP/1.0 401 Unauthorized\r\nCSeq: 1\r\nWWW-Authenticate: Digest realm="cam", nonce="a", qop="auth"\r\n\r\n',
  ),
  Buffer.from(
    `RTSP/1.0 200 OK\r\nCSeq: 2\r\nContent-Base: rtsp://a/b/\r\nContent-Length: ${String(SDP.length)}\r\n\r\n${SDP}`,
  ),
  rtp({ sequenceNumber: 1, payload: SPS }),
  interleave(1, Buffer.from('80c8000600000001e000000000000000000000010000000100000001', 'hex')),
  Buffer.from('OPTIONS rtsp://a/b RTSP/1.0\r\nCSeq: 5\r\n\r\n'),
]);

describe('the parsers of what a camera sends', () => {
  it('read any answers and media, cut anywhere, or refuse them with an AppError', () => {
    const cuts = fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(mutations, cuts, (changes, sizes) => {
        const bytes = mutate(CONVERSATION, changes);
        let handedOn = 0;
        const reader = new RtspReader((message) => {
          handedOn += message.kind === 'interleaved' ? message.payload.length : message.body.length;
        });
        refusingOnlyByAppError(() => {
          for (let at = 0, n = 0; at < bytes.length; n += 1) {
            const size = sizes[n % sizes.length] ?? 1;
            reader.push(bytes.subarray(at, at + size));
            at += size;
          }
        });
        expect(handedOn).toBeLessThanOrEqual(bytes.length);
      }),
      RUNS,
    );
  });

  it('read any description or refuse it with an AppError', () => {
    fc.assert(
      fc.property(mutations, (changes) => {
        refusingOnlyByAppError(() => {
          const { track, control, sessionControl } = describeVideo(mutate(Buffer.from(SDP), changes));
          expect(track.payloadType).toBeLessThanOrEqual(127);
          expect(typeof (control ?? sessionControl ?? '')).toBe('string');
        });
      }),
      RUNS,
    );
  });

  it('read any RTP packet or find it malformed', () => {
    const packet = rtp({ sequenceNumber: 9, payload: SPS }).subarray(4);
    fc.assert(
      fc.property(mutations, (changes) => {
        const parsed = parseRtp(mutate(packet, changes));
        if (parsed !== null) expect(parsed.sequenceNumber).toBeLessThan(65_536);
      }),
      RUNS,
    );
  });

  it('read any RTCP packet as far as it is well formed', () => {
    const report = '80c8000600000001e000000000000000000000010000000100000001';
    const compound = Buffer.from(`${report}81ca0003000000010103636d61000000${'81cb000100000001'}`, 'hex');
    fc.assert(
      fc.property(mutations, (changes) => {
        const { senderReports, goodbyes } = parseRtcp(mutate(compound, changes));
        expect(senderReports.every(({ ntpMs }) => Number.isFinite(ntpMs))).toBe(true);
        expect(goodbyes.length).toBeLessThanOrEqual(31 * 10);
      }),
      RUNS,
    );
  });

  it('answer any challenge with one line or none', () => {
    const challenge = Buffer.from(
      'Digest realm="cam", nonce="a\\"b", qop="auth,auth-int", algorithm=SHA-256, opaque="x", Basic realm="y"',
    );
    fc.assert(
      fc.property(mutations, (changes) => {
        const text = mutate(challenge, changes).toString('latin1');
        for (const { parameters } of parseChallenges(text)) expect(parameters.size).toBeLessThan(20);
        const authenticator = new RtspAuthenticator({ username: 'u', password: 'p' });
        if (!authenticator.challenged([text])) return;
        expect(authenticator.authorization('PLAY', 'rtsp://a/b')).toMatch(/^(Digest|Basic) /);
      }),
      RUNS,
    );
  });

  it('make of any stated address one on the host that was typed', () => {
    const address = streamAddress('rtsp://cam.example/live');
    const stated = Buffer.from('rtsp://evil.example:99/a/b?c=d/trackID=1');
    fc.assert(
      fc.property(mutations, mutations, (ofBase, ofControl) => {
        const base = contentBase(address, mutate(stated, ofBase).toString('latin1'));
        const control = controlUrl(address, base, mutate(stated, ofControl).toString('latin1'));
        for (const url of [base, control]) expect(url).toMatch(/^rtsp:\/\/cam\.example:554(?:[/?]|$)/);
      }),
      RUNS,
    );
  });

  it('read any Session and Transport header or refuse it with an AppError', () => {
    fc.assert(
      fc.property(mutations, (changes) => {
        const session = parseSession(mutate(Buffer.from('12345678;timeout=60'), changes).toString('latin1'));
        expect(session.timeoutMs).toBeGreaterThanOrEqual(2000);
        expect(session.timeoutMs).toBeLessThanOrEqual(3_600_000);
        refusingOnlyByAppError(() => {
          const transport = mutate(Buffer.from('RTP/AVP/TCP;unicast;interleaved=0-1;ssrc=1'), changes).toString(
            'latin1',
          );
          for (const channel of channels(transport)) expect(channel).toBeLessThanOrEqual(255);
        });
      }),
      RUNS,
    );
  });
});

describe('a whole session with a camera that says anything', () => {
  it('opens or fails with an AppError, and closes either way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY'), mutations, async (method, changes) => {
        const cam = await camera({
          answers: {
            [method]: (request, socket) => {
              const head = `RTSP/1.0 200 OK\r\nCSeq: ${request.headers.get('cseq') ?? ''}\r\nSession: s;timeout=60\r\n`;
              const rest = `Transport: RTP/AVP/TCP;interleaved=0-1\r\nContent-Length: ${String(SDP.length)}\r\n\r\n${SDP}`;
              socket.end(mutate(Buffer.from(head + rest), changes));
            },
          },
        });
        const outcome: unknown = await open(cam.url, { connectTimeoutMs: 1000 }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(AppError);
        else (outcome as Awaited<ReturnType<typeof open>>).session.close();
        await until(() => cam.connections() === 0);
        await cam.close();
      }),
      { numRuns: 300 },
    );
  });
});
