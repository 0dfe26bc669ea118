import type * as ms from 'mediasoup/types';
import { beginsKeyFrame } from '../key-frame.ts';
import type { RelayPacket } from '../relay.port.ts';
import { asksForKeyFrame } from '../rtcp-feedback.ts';
import { RtpWriter } from '../rtp-writer.ts';
import { h264Codec } from './codec.ts';

export interface FeedOptions {
  readonly router: ms.Router;
  readonly payloadType: number;
  /** Whose router it is: while it is behind nothing is sent, and then from the next key frame on. */
  readonly worker: { readonly isBehind: boolean };
  readonly onKeyFrameRequest: () => void;
}

/**
 * A stream from this process into a router. Packets go in through a DirectTransport: over loopback UDP the bursts of key
 * frames overran the socket (40 % lost with 8 cameras).
 */
export class Feed {
  readonly producerId: string;
  readonly #transport: ms.DirectTransport;
  readonly #producer: ms.Producer;
  readonly #writer: RtpWriter;
  readonly #options: FeedOptions;
  #state: 'flowing' | 'behind' | 'awaiting key frame' = 'flowing';
  #dropped = 0;

  private constructor(transport: ms.DirectTransport, producer: ms.Producer, writer: RtpWriter, options: FeedOptions) {
    this.#options = options;
    this.producerId = producer.id;
    this.#transport = transport;
    this.#producer = producer;
    this.#writer = writer;
  }

  static async open(options: FeedOptions): Promise<Feed> {
    const { router, payloadType, onKeyFrameRequest } = options;
    const transport = await router.createDirectTransport();
    try {
      const writer = new RtpWriter(payloadType);
      transport.on('rtcp', (packet) => {
        if (asksForKeyFrame(packet)) onKeyFrameRequest();
      });
      const producer = await transport.produce({
        kind: 'video',
        rtpParameters: {
          codecs: [{ ...h264Codec, payloadType, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] }],
          encodings: [{ ssrc: writer.ssrc }],
        },
      });
      return new Feed(transport, producer, writer, options);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  /** Packets that were not sent. */
  get dropped(): number {
    return this.#dropped;
  }

  send(packet: RelayPacket): void {
    if (this.#state !== 'flowing' || this.#options.worker.isBehind) this.#hold(packet);
    if (this.#state === 'flowing') this.#producer.send(this.#writer.write(packet));
    else this.#dropped += 1;
  }

  #hold(packet: RelayPacket): void {
    if (this.#options.worker.isBehind) {
      this.#state = 'behind';
    } else if (beginsKeyFrame(packet.payload)) {
      this.#state = 'flowing';
    } else if (this.#state === 'behind') {
      // The numbering has no gap, so no viewer asks by itself.
      this.#state = 'awaiting key frame';
      this.#options.onKeyFrameRequest();
    }
  }

  close(): void {
    this.#transport.close();
  }
}
