import type * as ms from 'mediasoup/types';
import { OwnStream, type PictureSource } from '../own-stream.ts';
import type { RelayPacket } from '../relay.port.ts';
import { VANISHED_AFTER_MS, type ConnectionEvents } from '../viewed-camera.ts';
import { WhileUsed } from '../while-used.ts';
import { answeredSetup } from '../whep-answer.ts';
import type { WhepOffer } from '../whep.ts';
import type { CameraChannel, ChannelPlace } from './camera-channels.ts';
import { capabilitiesOf } from './codec.ts';
import { MediasoupConnection } from './connection.ts';
import { Feed } from './feed.ts';
import type { RelayWorker } from './worker.ts';

/** What the viewers of a router that have no stream of their own are sent. */
interface SharedStream {
  readonly producerId: string;
  readonly dropped: number;
  send(packet: RelayPacket): void;
  close(): void;
}

/** What one viewer is sent. */
interface ViewerStream {
  readonly producerId: string;
  /** The viewer can receive from now on. */
  start(): void;
  /** Packets it was not sent. */
  dropped(): number;
  close(): void;
}

/** A router and what is sent in it. A router sends one payload type only, so each that is asked for has its own. */
export class Channel implements CameraChannel {
  readonly #router: ms.Router;
  readonly #place: ChannelPlace<RelayWorker, Channel>;
  readonly #source: PictureSource;
  readonly #shared: WhileUsed<SharedStream>;
  readonly #own = new Set<OwnStream>();

  private constructor(router: ms.Router, place: ChannelPlace<RelayWorker, Channel>, source: PictureSource) {
    this.#router = router;
    this.#place = place;
    this.#source = source;
    const { home } = place;
    const openShared = (): Promise<SharedStream> => home?.pipeTo(router) ?? this.#openFeed();
    this.#shared = new WhileUsed(openShared, (stream) => stream?.close());
    const ignoreHome = home?.onClose(() => {
      this.close();
    });
    router.observer.on('close', () => {
      ignoreHome?.();
      place.onClosed();
    });
  }

  static async open(place: ChannelPlace<RelayWorker, Channel>, source: PictureSource): Promise<Channel> {
    return new Channel(await place.worker.createRouter(place.payloadType), place, source);
  }

  send(packet: RelayPacket): void {
    this.#shared.value?.send(packet);
    for (const stream of this.#own) stream.push(packet);
  }

  /** `hasOwnStream`: it is sent the newest pictures at once, for the price of each packet once more into the worker. */
  async connect(
    offer: WhepOffer,
    hasOwnStream: boolean,
    events: ConnectionEvents,
    onClosed: () => void,
  ): Promise<MediasoupConnection> {
    const { worker } = this.#place;
    const transport = await this.#router.createWebRtcTransport({
      webRtcServer: worker.server,
      preferUdp: true,
      iceConsentTimeout: VANISHED_AFTER_MS / 1000,
    });
    let stream: ViewerStream | null = null;
    try {
      stream = await (hasOwnStream ? this.#openOwn() : this.#joinShared());
      const { producerId, start } = stream;
      transport.on('routerclose', events.onGone);
      transport.on('icestatechange', (state) => {
        if (state === 'disconnected' || state === 'closed') events.onGone();
      });
      transport.on('dtlsstatechange', (state) => {
        if (state === 'failed' || state === 'closed') events.onGone();
        if (state !== 'connected') return;
        events.onConnected();
        start();
      });
      await transport.connect({
        dtlsParameters: {
          role: answeredSetup(offer) === 'passive' ? 'client' : 'server',
          fingerprints: offer.fingerprints as ms.DtlsFingerprint[],
        },
      });
      const consumer = await transport.consume({
        producerId,
        rtpCapabilities: capabilitiesOf(offer.h264),
        // Without an RTX codec in the capabilities this means: answer NACKs by sending again on the same SSRC.
        enableRtx: true,
      });
      consumer.on('producerclose', events.onGone);
      const { close, dropped } = stream;
      const connection = new MediasoupConnection(transport, consumer, dropped, () => {
        stopMeasuring();
        close();
        onClosed();
      });
      const stopMeasuring = worker.measure(connection);
      return connection;
    } catch (error) {
      transport.close();
      stream?.close();
      throw error;
    }
  }

  /** Sends what is shared here in another worker's router as well. */
  async pipeTo(router: ms.Router): Promise<SharedStream> {
    const { value, release } = await this.#shared.acquire();
    try {
      // Retransmission, because what crosses between the workers is UDP and may overrun a socket.
      const { pipeConsumer, pipeProducer } = await this.#router.pipeToRouter({
        producerId: value.producerId,
        router,
        enableRtx: true,
      });
      return {
        producerId: pipeProducer?.id ?? value.producerId,
        get dropped() {
          return value.dropped;
        },
        send: () => undefined,
        close: () => {
          pipeConsumer?.close();
          release();
        },
      };
    } catch (error) {
      release();
      throw error;
    }
  }

  /** However it closes; until the returned function is called. */
  onClose(listener: () => void): () => void {
    this.#router.observer.on('close', listener);
    return () => this.#router.observer.off('close', listener);
  }

  close(): void {
    this.#router.close();
  }

  async #joinShared(): Promise<ViewerStream> {
    const { value, release } = await this.#shared.acquire();
    const before = value.dropped;
    return {
      producerId: value.producerId,
      start: () => undefined,
      dropped: () => value.dropped - before,
      close: release,
    };
  }

  #openFeed(): Promise<Feed> {
    const { payloadType, worker } = this.#place;
    const { onKeyFrameRequest } = this.#source;
    return Feed.open({ router: this.#router, payloadType, worker, onKeyFrameRequest });
  }

  async #openOwn(): Promise<ViewerStream> {
    const feed = await this.#openFeed();
    const stream = new OwnStream(this.#source, (packet) => {
      feed.send(packet);
    });
    this.#own.add(stream);
    return {
      producerId: feed.producerId,
      start: () => {
        stream.start();
      },
      dropped: () => stream.dropped + feed.dropped,
      close: () => {
        stream.stop();
        this.#own.delete(stream);
        feed.close();
      },
    };
  }
}
