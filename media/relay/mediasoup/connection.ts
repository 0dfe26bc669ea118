import type * as ms from 'mediasoup/types';
import { AppError } from '#protocol/errors.ts';
import type { ViewerConnection, ViewerFigures } from '../viewed-camera.ts';
import type { AnswerParts, IceParts } from '../whep-answer.ts';
import type { Measured } from './worker.ts';

const NOTHING_SENT: Omit<ViewerFigures, 'packetsDropped'> = {
  packetsSent: 0,
  bytesSent: 0,
  bitsPerSecond: 0,
  packetsLost: 0,
  roundTripMs: null,
  keyFrameRequests: 0,
};

/** The relay's end of one viewer's session: a transport and what is consumed on it. */
export class MediasoupConnection implements ViewerConnection, Measured {
  readonly answer: AnswerParts;
  readonly #transport: ms.WebRtcTransport;
  readonly #consumer: ms.Consumer;
  readonly #dropped: () => number;
  readonly #onClosed: () => void;
  #figures = NOTHING_SENT;

  constructor(transport: ms.WebRtcTransport, consumer: ms.Consumer, dropped: () => number, onClosed: () => void) {
    this.#transport = transport;
    this.#consumer = consumer;
    this.#dropped = dropped;
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

  figures(): ViewerFigures {
    return { ...this.#figures, packetsDropped: this.#dropped() };
  }

  async readFigures(): Promise<void> {
    const stats: readonly ms.ConsumerStat[] = (await this.#consumer.getStats()).filter(
      (s) => s.type === 'outbound-rtp',
    );
    const [outbound] = stats;
    if (outbound === undefined) return;
    this.#figures = {
      packetsSent: outbound.packetCount,
      bytesSent: outbound.byteCount,
      bitsPerSecond: outbound.bitrate,
      packetsLost: outbound.packetsLost,
      // 0 before the first report.
      roundTripMs: outbound.roundTripTime === undefined || outbound.roundTripTime === 0 ? null : outbound.roundTripTime,
      keyFrameRequests: outbound.pliCount + outbound.firCount,
    };
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
