import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { camera, open, until } from './ingest-rig.ts';
import { SDP } from './scripted-camera.ts';

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
