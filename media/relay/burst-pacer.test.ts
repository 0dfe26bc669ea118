import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BurstPacer, SLICE_INTERVAL_MS, SLICE_PACKETS } from './burst-pacer.ts';
import type { RelayPacket } from './relay.port.ts';

const packets = (from: number, to: number): RelayPacket[] =>
  Array.from({ length: to - from }, (_, i) => ({ payload: Buffer.of(0x41), marker: false, rtpTimestamp: from + i }));

function open(): { pacer: BurstPacer; sent: number[]; overflows: () => number } {
  const sent: number[] = [];
  let overflows = 0;
  const pacer = new BurstPacer(
    ({ rtpTimestamp }) => sent.push(rtpTimestamp),
    (dropped) => {
      overflows += dropped;
    },
  );
  return { pacer, sent, overflows: () => overflows };
}

const pushAll = (pacer: BurstPacer, all: readonly RelayPacket[]): void => {
  for (const packet of all) pacer.push(packet);
};

describe('BurstPacer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('lets packets pass at once where there is no burst', () => {
    const { pacer, sent } = open();
    pushAll(pacer, packets(0, 3));
    expect(sent).toEqual([0, 1, 2]);
    pacer.burst([]);
    pushAll(pacer, packets(3, 4));
    expect(sent).toEqual([0, 1, 2, 3]);
  });

  it('sends a burst slice by slice, and what comes meanwhile after it', () => {
    const { pacer, sent } = open();
    const total = SLICE_PACKETS * 2 + 10;
    pacer.burst(packets(0, total));
    expect(sent).toHaveLength(SLICE_PACKETS);
    pushAll(pacer, packets(total, total + 1));
    vi.advanceTimersByTime(SLICE_INTERVAL_MS);
    expect(sent).toHaveLength(SLICE_PACKETS * 2);
    vi.advanceTimersByTime(SLICE_INTERVAL_MS);
    expect(sent).toEqual(packets(0, total + 1).map(({ rtpTimestamp }) => rtpTimestamp));
    pushAll(pacer, packets(total + 1, total + 2));
    expect(sent.at(-1)).toBe(total + 1);
  });

  it('drops what waits rather than growing without end, and says so', () => {
    const { pacer, sent, overflows } = open();
    pacer.burst(packets(0, SLICE_PACKETS + 1));
    pushAll(pacer, packets(0, 4_001));
    expect(overflows()).toBe(4_001);
    vi.advanceTimersByTime(10 * SLICE_INTERVAL_MS);
    expect(sent.length).toBeLessThan(SLICE_PACKETS + 5);
  });

  it('sends nothing after stop()', () => {
    const { pacer, sent } = open();
    pacer.burst(packets(0, SLICE_PACKETS + 1));
    pacer.stop();
    vi.advanceTimersByTime(10 * SLICE_INTERVAL_MS);
    expect(sent).toHaveLength(SLICE_PACKETS);
    expect(vi.getTimerCount()).toBe(0);
  });
});
