import { KeyFrameRhythm } from '../key-frame-rhythm.ts';
import { startingGop, type PictureSource } from '../own-stream.ts';
import type { RelayPacket } from '../relay.port.ts';
import type { CameraOutlet, ConnectionEvents, ViewerConnection } from '../viewed-camera.ts';
import type { WhepOffer } from '../whep.ts';
import { CameraChannels } from './camera-channels.ts';
import { Channel } from './channel.ts';
import type { RelayWorker } from './worker.ts';
import type { Workers } from './workers.ts';

/** Browsers number H.264 differently; more numbers than this for one camera are refused. */
const MAX_PAYLOAD_TYPES = 8;
const MAX_OWN_STREAMS = 4;

/** One camera's viewers, on as many channels as their offers have payload types and their number needs workers. */
export class MediasoupOutlet implements CameraOutlet {
  readonly #workers: Workers<RelayWorker>;
  readonly #source: PictureSource;
  readonly #channels: CameraChannels<RelayWorker, Channel>;
  readonly #rhythm = new KeyFrameRhythm();
  #ownStreams = 0;

  constructor(workers: Workers<RelayWorker>, source: PictureSource) {
    this.#workers = workers;
    this.#source = source;
    this.#channels = new CameraChannels(MAX_PAYLOAD_TYPES, (place) => Channel.open(place, source));
  }

  send(packet: RelayPacket): void {
    this.#rhythm.push(packet);
    this.#channels.send(packet);
  }

  async connect(offer: WhepOffer, events: ConnectionEvents): Promise<ViewerConnection> {
    const { payloadType } = offer.h264;
    const present = this.#channels.workersOf(payloadType).find(({ hasRoom }) => hasRoom);
    const worker = present ?? this.#workers.leastLoaded();
    const leave = worker.seat();
    const hasOwnStream = this.#mayHaveOwnStream();
    if (hasOwnStream) this.#ownStreams += 1;
    const free = (): void => {
      if (hasOwnStream) this.#ownStreams -= 1;
      leave();
    };
    try {
      const { value: channel, release } = await this.#channels.acquire(payloadType, worker);
      try {
        return await channel.connect(offer, hasOwnStream, events, () => {
          release();
          free();
        });
      } catch (error) {
        release();
        throw error;
      }
    } catch (error) {
      free();
      throw error;
    }
  }

  /** Where waiting for the next key frame may take long, and there are pictures to begin with at once. */
  #mayHaveOwnStream(): boolean {
    return this.#ownStreams < MAX_OWN_STREAMS && !this.#rhythm.isFast && startingGop(this.#source) !== null;
  }
}
