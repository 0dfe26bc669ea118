import { expect, it } from 'vitest';
import { PlayingSession } from './playing-session.ts';

const nobody = { silenceMs: 1000, onPacket: () => undefined, onSenderReport: () => undefined };

it('keeps what comes before the answer to PLAY only up to a bound, empty packets included', () => {
  const session = new PlayingSession(nobody);
  for (let nth = 0; nth < 100_000; nth += 1)
    session.receive({ kind: 'interleaved', channel: 0, payload: Buffer.alloc(0) });
  const { ignoredPackets } = session.stats();
  expect(ignoredPackets).toBeGreaterThan(60_000);
  // A key frame of a megabyte in small packets still fits.
  expect(ignoredPackets).toBeLessThan(98_000);
});
