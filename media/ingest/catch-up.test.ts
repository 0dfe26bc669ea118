import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessUnit } from '../packet.ts';
import { CatchUp } from './catch-up.ts';

const FPS = 10;

/** A camera at 10 fps whose pictures are named by when they were filmed, ms. */
class Stream {
  readonly handedOn: number[] = [];
  readonly late: number[] = [];
  readonly catchUp = new CatchUp(
    (unit) => this.handedOn.push(unit.ticks90k / 90),
    (unit) => this.late.push(unit.ticks90k / 90),
  );
  readonly #gop: number;
  readonly #bytes: number;

  constructor(options: { gop: number; bytes?: number }) {
    this.#gop = options.gop;
    this.#bytes = options.bytes ?? 100;
  }

  /** Pictures filmed from..to; `arrivesAtMs` says when each comes. */
  film(fromMs: number, toMs: number, arrivesAtMs: (filmedAtMs: number) => number = (at) => at): void {
    for (let at = fromMs; at < toMs; at += 1000 / FPS) {
      const unit: AccessUnit = {
        codec: 'H264',
        nalUnits: [Buffer.alloc(this.#bytes)],
        isKeyFrame: ((at * FPS) / 1000) % this.#gop === 0,
        rtpTimestamp: 0,
        ticks90k: at * 90,
        receivedAtMs: arrivesAtMs(at),
        isDamaged: false,
      };
      this.catchUp.push(unit, arrivesAtMs(at) - at);
    }
  }
}

const times = (fromMs: number, toMs: number): number[] =>
  Array.from({ length: ((toMs - fromMs) * FPS) / 1000 }, (_, n) => fromMs + (n * 1000) / FPS);

describe('CatchUp', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('hands on at once what comes in time, also with jitter and after pauses of the camera', () => {
    const stream = new Stream({ gop: 10 });
    stream.film(0, 3000, (at) => at + ((at * 7) % 400));
    stream.film(8000, 9000);
    expect(stream.handedOn).toEqual([...times(0, 3000), ...times(8000, 9000)]);
    expect(stream.catchUp.discarded).toBe(0);
  });

  it('tells as late what a stall held back, up to the newest key frame of the lump', () => {
    const stream = new Stream({ gop: 10 });
    stream.film(0, 2500);
    // From 6.4 s on they are fresh again; the lump's last key frame is from 6.0 s.
    stream.film(2500, 6900, () => 6900);
    stream.film(6900, 8000);
    expect(stream.handedOn).toEqual([...times(0, 2500), ...times(6000, 8000)]);
    expect(stream.late).toEqual(times(2500, 6000));
    expect(stream.catchUp.discarded).toBe(35);
  });

  it('hands on everything when no key frame came with the lump: newer pictures refer to it', () => {
    const stream = new Stream({ gop: 1000 });
    stream.film(0, 2000);
    stream.film(2000, 5000, (at) => 5000 + (at - 2000) / 100);
    stream.film(5000, 6000, (at) => at + 40);
    expect(stream.handedOn).toEqual(times(0, 6000));
  });

  it('waits for no more when nothing follows', () => {
    const stream = new Stream({ gop: 1000 });
    stream.film(0, 2000);
    stream.film(2000, 2100, () => 5000);
    expect(stream.handedOn.at(-1)).toBe(1900);
    vi.advanceTimersByTime(300);
    expect(stream.handedOn.at(-1)).toBe(2000);
  });

  it('hands on nothing once it is closed', () => {
    const stream = new Stream({ gop: 1000 });
    stream.film(0, 2000);
    stream.film(2000, 2100, () => 5000);
    stream.catchUp.close();
    vi.advanceTimersByTime(10_000);
    expect(stream.handedOn.at(-1)).toBe(1900);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('does not wait for one that never catches up: its clock lies, or the link is too slow', () => {
    const stream = new Stream({ gop: 10 });
    stream.film(0, 2000);
    stream.film(2000, 12_000, (at) => at + 4000);
    const resumed = stream.handedOn.find((at) => at >= 2000) ?? Infinity;
    expect(resumed).toBeLessThanOrEqual(4100);
    expect(stream.handedOn.at(-1)).toBe(11_900);
  });

  it('goes on at the next key frame when the lump is too large to hold', () => {
    const stream = new Stream({ gop: 100, bytes: 1024 * 1024 });
    stream.film(0, 2000);
    stream.film(2000, 5000, () => 5000);
    stream.film(5000, 11_000);
    expect(stream.handedOn).toEqual([...times(0, 2000), ...times(10_000, 11_000)]);
  });
});
