import { packetize } from '#media/h264/packetize.ts';
import type { CodedPicture } from '#media/h264/annexb.ts';
import type { RelayPacket } from '#media/relay/relay.port.ts';

const TICKS_PER_SECOND = 90_000;

/** Plays coded pictures round and round at their rate, as a camera's main stream reaches the relay. The maker stops it. */
export class ClipCamera {
  /** Date.now() at which each RTP time was written. */
  readonly writtenAtMs = new Map<number, number>();
  readonly #packets: readonly { payload: Buffer; marker: boolean }[][];
  readonly #isKeyFrame: readonly boolean[];
  readonly #fps: number;
  readonly #write: (packet: RelayPacket) => void;
  #gop: RelayPacket[] = [];
  #next = 0;
  #ticks: number;
  #timer: NodeJS.Timeout | null = null;

  /** `startTicks`: RTP time of the first picture, any integer; it is sent modulo 2^32. */
  constructor(
    pictures: readonly CodedPicture[],
    fps: number,
    startTicks: number,
    write: (packet: RelayPacket) => void,
  ) {
    this.#packets = pictures.map(({ nalUnits }) => packetize(nalUnits));
    this.#isKeyFrame = pictures.map(({ isKeyFrame }) => isKeyFrame);
    this.#fps = fps;
    this.#ticks = startTicks;
    this.#write = write;
  }

  /** From the newest key frame on. */
  get newestGop(): readonly RelayPacket[] {
    return this.#gop;
  }

  start(): void {
    this.#timer ??= setInterval(() => {
      this.#play();
    }, 1000 / this.#fps);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** As a camera that was away for this long: the next picture is a key frame, later on the timeline. */
  skip(seconds: number): void {
    this.#ticks += seconds * TICKS_PER_SECOND;
    this.#next = 0;
  }

  #play(): void {
    if (this.#isKeyFrame[this.#next] === true) this.#gop = [];
    const rtpTimestamp = this.#ticks % 2 ** 32;
    this.writtenAtMs.set(rtpTimestamp, Date.now());
    for (const { payload, marker } of this.#packets[this.#next] ?? []) {
      const packet = { payload, marker, rtpTimestamp };
      this.#gop.push(packet);
      this.#write(packet);
    }
    this.#ticks += TICKS_PER_SECOND / this.#fps;
    this.#next = (this.#next + 1) % this.#packets.length;
  }
}
