import type * as ms from 'mediasoup/types';
import type { RelayEvents, RelayPacket } from '../relay.port.ts';
import { asksForKeyFrame } from '../rtcp-feedback.ts';
import { RtpWriter } from '../rtp-writer.ts';
import { VANISHED_AFTER_MS, type ConnectionEvents } from '../viewed-camera.ts';
import { answeredSetup } from '../whep-answer.ts';
import type { WhepOffer } from '../whep.ts';
import { capabilitiesOf, h264Codec } from './codec.ts';
import { MediasoupConnection } from './connection.ts';

/**
 * A router and its producer. A router sends one payload type only, so each that is asked for has its own. Packets go in
 * through a DirectTransport: over loopback UDP the bursts of key frames overran the socket (40 % lost with 8 cameras).
 */
export class Channel {
  readonly #router: ms.Router;
  readonly #producer: ms.Producer;
  readonly #writer: RtpWriter;

  private constructor(router: ms.Router, producer: ms.Producer, writer: RtpWriter) {
    this.#router = router;
    this.#producer = producer;
    this.#writer = writer;
  }

  static async open(worker: ms.Worker, payloadType: number, events: RelayEvents): Promise<Channel> {
    const router = await worker.createRouter({ mediaCodecs: [{ ...h264Codec, preferredPayloadType: payloadType }] });
    try {
      const transport = await router.createDirectTransport();
      const writer = new RtpWriter(payloadType);
      transport.on('rtcp', (packet) => {
        if (asksForKeyFrame(packet)) events.onKeyFrameRequest();
      });
      const producer = await transport.produce({
        kind: 'video',
        rtpParameters: {
          codecs: [{ ...h264Codec, payloadType, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] }],
          encodings: [{ ssrc: writer.ssrc }],
        },
      });
      return new Channel(router, producer, writer);
    } catch (error) {
      router.close();
      throw error;
    }
  }

  send(packet: RelayPacket): void {
    this.#producer.send(this.#writer.write(packet));
  }

  async connect(
    offer: WhepOffer,
    webRtcServer: ms.WebRtcServer,
    events: ConnectionEvents,
    onClosed: () => void,
  ): Promise<MediasoupConnection> {
    const transport = await this.#router.createWebRtcTransport({
      webRtcServer,
      preferUdp: true,
      iceConsentTimeout: VANISHED_AFTER_MS / 1000,
    });
    try {
      transport.on('icestatechange', (state) => {
        if (state === 'disconnected' || state === 'closed') events.onGone();
      });
      transport.on('dtlsstatechange', (state) => {
        if (state === 'connected') events.onConnected();
        if (state === 'failed' || state === 'closed') events.onGone();
      });
      await transport.connect({
        dtlsParameters: {
          role: answeredSetup(offer) === 'passive' ? 'client' : 'server',
          fingerprints: offer.fingerprints as ms.DtlsFingerprint[],
        },
      });
      const consumer = await transport.consume({
        producerId: this.#producer.id,
        rtpCapabilities: capabilitiesOf(offer.h264),
        // Without an RTX codec in the capabilities this means: answer NACKs by sending again on the same SSRC.
        enableRtx: true,
      });
      return new MediasoupConnection(transport, consumer, onClosed);
    } catch (error) {
      transport.close();
      throw error;
    }
  }

  close(): void {
    this.#router.close();
  }
}
