import type * as ms from 'mediasoup/types';
import { ChannelsByType } from '../channels-by-type.ts';
import type { RelayEvents, RelayPacket } from '../relay.port.ts';
import type { CameraOutlet, ConnectionEvents, ViewerConnection } from '../viewed-camera.ts';
import type { WhepOffer } from '../whep.ts';
import { Channel } from './channel.ts';
import type { MediasoupConnection } from './connection.ts';

/** Browsers number H.264 differently; more numbers than this for one camera are refused. */
const MAX_PAYLOAD_TYPES = 8;

/** One camera's viewers, on as many channels as their offers have payload types. */
export class MediasoupOutlet implements CameraOutlet {
  readonly #server: ms.WebRtcServer;
  readonly #channels: ChannelsByType<Channel>;
  readonly #connections = new Set<MediasoupConnection>();

  constructor(worker: ms.Worker, server: ms.WebRtcServer, events: RelayEvents) {
    this.#server = server;
    this.#channels = new ChannelsByType(MAX_PAYLOAD_TYPES, (payloadType) => Channel.open(worker, payloadType, events));
  }

  send(packet: RelayPacket): void {
    this.#channels.send(packet);
  }

  async connect(offer: WhepOffer, events: ConnectionEvents): Promise<ViewerConnection> {
    const { channel, release } = await this.#channels.acquire(offer.h264.payloadType);
    try {
      const connection = await channel.connect(offer, this.#server, events, () => {
        this.#connections.delete(connection);
        release();
      });
      this.#connections.add(connection);
      return connection;
    } catch (error) {
      release();
      throw error;
    }
  }

  async readFigures(): Promise<void> {
    await Promise.all([...this.#connections].map((connection) => connection.readFigures()));
  }
}
