import { AppError } from '#protocol/errors.ts';
import type { RelayPacket } from './relay.port.ts';

/** Sends a camera under one payload type. */
export interface TypedChannel {
  send(packet: RelayPacket): void;
  close(): void;
}

interface Entry<C extends TypedChannel> {
  readonly opening: Promise<C>;
  opened: C | null;
  users: number;
}

/** A camera's channels, one for each payload type in use: opened for its first user, closed after its last. */
export class ChannelsByType<C extends TypedChannel> {
  readonly #entries = new Map<number, Entry<C>>();
  readonly #limit: number;
  readonly #open: (payloadType: number) => Promise<C>;

  constructor(limit: number, open: (payloadType: number) => Promise<C>) {
    this.#limit = limit;
    this.#open = open;
  }

  send(packet: RelayPacket): void {
    for (const { opened } of this.#entries.values()) opened?.send(packet);
  }

  /** Rejects with relay.viewer-limit when too many payload types are in use, or as opening does. Release once. */
  async acquire(payloadType: number): Promise<{ channel: C; release: () => void }> {
    const entry = this.#entries.get(payloadType) ?? this.#add(payloadType);
    entry.users += 1;
    const release = (): void => {
      entry.users -= 1;
      if (entry.users > 0) return;
      this.#entries.delete(payloadType);
      entry.opened?.close();
    };
    try {
      entry.opened = await entry.opening;
      return { channel: entry.opened, release };
    } catch (error) {
      release();
      throw error;
    }
  }

  #add(payloadType: number): Entry<C> {
    if (this.#entries.size >= this.#limit) {
      const message = `this camera is already sent under ${String(this.#limit)} payload types, as many as it may be`;
      throw new AppError('relay.viewer-limit', message);
    }
    const entry: Entry<C> = { opening: this.#open(payloadType), opened: null, users: 0 };
    this.#entries.set(payloadType, entry);
    return entry;
  }
}
