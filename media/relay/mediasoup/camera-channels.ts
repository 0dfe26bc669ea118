import { AppError } from '#protocol/errors.ts';
import type { RelayPacket } from '../relay.port.ts';
import { WhileUsed } from '../while-used.ts';

/** Sends a camera under one payload type from one worker. */
export interface CameraChannel {
  send(packet: RelayPacket): void;
  /** Also once it has closed by itself. */
  close(): void;
}

export interface ChannelPlace<W, C> {
  readonly payloadType: number;
  readonly worker: W;
  /** The first channel of this payload type, which feeds this one; null: this is the first. */
  readonly home: C | null;
  /** It closed by itself: whoever uses it is gone, and the next gets another. */
  readonly onClosed: () => void;
}

interface Entry<W, C> {
  readonly payloadType: number;
  readonly worker: W;
  readonly channel: WhileUsed<C>;
}

/** A camera's channels, one for each payload type and worker in use: opened for its first user, closed after its last. */
export class CameraChannels<W, C extends CameraChannel> {
  readonly #maxTypes: number;
  readonly #open: (place: ChannelPlace<W, C>) => Promise<C>;
  #entries: readonly Entry<W, C>[] = [];

  constructor(maxTypes: number, open: (place: ChannelPlace<W, C>) => Promise<C>) {
    this.#maxTypes = maxTypes;
    this.#open = open;
  }

  send(packet: RelayPacket): void {
    for (const { channel } of this.#entries) channel.value?.send(packet);
  }

  /** The first feeds the others. */
  workersOf(payloadType: number): readonly W[] {
    return this.#entries.filter((entry) => entry.payloadType === payloadType).map(({ worker }) => worker);
  }

  /** Rejects with relay.viewer-limit when too many payload types are in use, or as opening does. Release once. */
  async acquire(payloadType: number, worker: W): Promise<{ value: C; release: () => void }> {
    const ofType = this.#entries.filter((entry) => entry.payloadType === payloadType);
    const entry = ofType.find((each) => each.worker === worker) ?? this.#add(payloadType, worker, ofType[0] ?? null);
    return entry.channel.acquire();
  }

  #add(payloadType: number, worker: W, home: Entry<W, C> | null): Entry<W, C> {
    const types = new Set(this.#entries.map((each) => each.payloadType));
    if (!types.has(payloadType) && types.size >= this.#maxTypes) {
      const message = `this camera is already sent under ${String(this.#maxTypes)} payload types, as many as it may be`;
      throw new AppError('relay.viewer-limit', message);
    }
    const remove = (): void => {
      this.#entries = this.#entries.filter((each) => each !== entry);
    };
    let held: { readonly value: C; readonly release: () => void } | null = null;
    const channel = new WhileUsed<C>(
      async () => {
        held = (await home?.channel.acquire()) ?? null;
        return this.#open({ payloadType, worker, home: held?.value ?? null, onClosed: remove });
      },
      (value) => {
        remove();
        value?.close();
        held?.release();
      },
    );
    const entry = { payloadType, worker, channel };
    this.#entries = [...this.#entries, entry];
    return entry;
  }
}
