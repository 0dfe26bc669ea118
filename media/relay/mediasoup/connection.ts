import type * as ms from 'mediasoup/types';
import { AppError } from '#protocol/errors.ts';
import type { ViewerConnection } from '../viewed-camera.ts';
import type { AnswerParts, IceParts } from '../whep-answer.ts';

/** The relay's end of one viewer's session: a transport and what is consumed on it. */
export class MediasoupConnection implements ViewerConnection {
  readonly answer: AnswerParts;
  readonly #transport: ms.WebRtcTransport;
  readonly #consumer: ms.Consumer;
  readonly #onClosed: () => void;
  #sent = { packets: 0, bytes: 0 };

  constructor(transport: ms.WebRtcTransport, consumer: ms.Consumer, onClosed: () => void) {
    this.#transport = transport;
    this.#consumer = consumer;
    this.#onClosed = onClosed;
    const ssrc = consumer.rtpParameters.encodings?.[0]?.ssrc;
    if (ssrc === undefined) throw new AppError('internal', 'mediasoup made a consumer without an SSRC');
    this.answer = {
      ...transport.iceParameters,
      fingerprints: transport.dtlsParameters.fingerprints.filter(({ algorithm }) => algorithm === 'sha-256'),
      candidates: transport.iceCandidates,
      ssrc,
      cname: consumer.rtpParameters.rtcp?.cname ?? consumer.id,
    };
  }

  /** As of the last reading, at most a few seconds old. */
  sent(): { packets: number; bytes: number } {
    return this.#sent;
  }

  async readFigures(): Promise<void> {
    const stats: readonly ms.ConsumerStat[] = (await this.#consumer.getStats()).filter(
      (s) => s.type === 'outbound-rtp',
    );
    const [outbound] = stats;
    if (outbound !== undefined) this.#sent = { packets: outbound.packetCount, bytes: outbound.byteCount };
  }

  /** mediasoup checks nothing of the viewer's half, and goes on taking checks with its own old one meanwhile. */
  async restartIce(): Promise<IceParts> {
    const parameters = await this.#transport.restartIce();
    return { ...parameters, candidates: this.#transport.iceCandidates };
  }

  close(): void {
    this.#transport.close();
    this.#onClosed();
  }
}
