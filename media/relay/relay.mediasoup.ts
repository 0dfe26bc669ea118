import { createWorker, setLogEventListeners } from 'mediasoup';
import type * as ms from 'mediasoup/types';
import { AppError, toAppError } from '#protocol/errors.ts';
import type { Log } from '#ops/runtime/log.ts';
import { ChannelsByType } from './channels-by-type.ts';
import type { Relay, RelayCamera, RelayEvents, RelayOptions, RelayPacket, RelayStats } from './relay.port.ts';
import { asksForKeyFrame } from './rtcp-feedback.ts';
import { RtpWriter } from './rtp-writer.ts';
import { VANISHED_AFTER_MS, ViewedCamera } from './viewed-camera.ts';
import type { CameraOutlet, ConnectionEvents, ViewerConnection } from './viewed-camera.ts';
import { answeredSetup, type AnswerParts } from './whep-answer.ts';
import type { OfferedH264 } from './whep-codec.ts';
import type { WhepOffer } from './whep.ts';

/** Browsers number H.264 differently; more numbers than this for one camera are refused. */
const MAX_PAYLOAD_TYPES = 8;
const PULSE_INTERVAL_MS = 2_000;
/** What is written to a worker that hangs waits in this process: after this long it is killed, and counts as dead. */
const PULSE_TIMEOUT_MS = 6_000;
const CLOSE_TIMEOUT_MS = 2_000;

export interface MediasoupRelayOptions extends RelayOptions {
  readonly workerBin: string;
  readonly log: Log;
}

/** Starts a mediasoup worker. Rejects with relay.unavailable if it does not run. */
export async function openMediasoupRelay(options: MediasoupRelayOptions): Promise<Relay> {
  const { log } = options;
  setLogEventListeners({
    onwarn: (namespace, text) => {
      log.debug({ namespace, text }, 'mediasoup warns');
    },
    onerror: (namespace, text) => {
      log.warn({ namespace, text }, 'mediasoup reports an error');
    },
  });
  let worker: ms.Worker | null = null;
  try {
    worker = await createWorker({ workerBin: options.workerBin, logLevel: 'warn' });
    const server = await worker.createWebRtcServer({
      listenInfos: options.listenAddresses.flatMap((ip) => [
        { protocol: 'udp', ip },
        { protocol: 'tcp', ip },
      ]),
    });
    return new MediasoupRelay(worker, server, options);
  } catch (cause) {
    worker?.close();
    const reason = toAppError(cause).message;
    throw new AppError('relay.unavailable', `the mediasoup worker ${options.workerBin} does not run: ${reason}`, {
      cause,
    });
  }
}

class MediasoupRelay implements Relay {
  readonly kind = 'mediasoup';
  readonly died: Promise<Error>;
  readonly #worker: ms.Worker;
  readonly #server: ms.WebRtcServer;
  readonly #options: MediasoupRelayOptions;
  readonly #cameras = new Map<ViewedCamera, MediasoupOutlet>();
  readonly #pulse: NodeJS.Timeout;
  #awaitedSinceMs: number | null = null;
  #deathOrClose: AppError | null = null;

  constructor(worker: ms.Worker, server: ms.WebRtcServer, options: MediasoupRelayOptions) {
    this.#worker = worker;
    this.#server = server;
    this.#options = options;
    // mediasoup closes its worker by itself when this process is told to stop.
    worker.observer.on('close', () => {
      this.#end(new AppError('relay.unavailable', 'the mediasoup worker was closed'));
    });
    this.died = new Promise((resolve) => {
      worker.on('died', (error) => {
        this.#end(new AppError('relay.unavailable', 'the mediasoup worker died', { cause: error }));
        resolve(error);
      });
    });
    this.#pulse = setInterval(() => {
      this.#feelPulse();
    }, PULSE_INTERVAL_MS);
    this.#pulse.unref();
  }

  openCamera(camera: string, events: RelayEvents): RelayCamera {
    if (this.#deathOrClose !== null) throw this.#deathOrClose;
    const outlet = new MediasoupOutlet(this.#worker, this.#server, events);
    const viewed = new ViewedCamera({
      camera,
      events,
      maxViewers: this.#options.maxViewersPerCamera,
      outlet,
      onClosed: () => this.#cameras.delete(viewed),
    });
    this.#cameras.set(viewed, outlet);
    return viewed;
  }

  stats(): RelayStats {
    const viewers = [...this.#cameras.keys()].reduce((total, camera) => total + camera.viewers().length, 0);
    return { cameras: this.#cameras.size, viewers };
  }

  async close(): Promise<void> {
    this.#end(new AppError('relay.unavailable', 'the relay is closed'));
    const worker = this.#worker;
    if (worker.subprocessClosed) return;
    const ended = new Promise<void>((resolve) => {
      worker.on('subprocessclose', resolve);
    });
    worker.close();
    const kill = setTimeout(() => {
      killProcess(worker.pid);
    }, CLOSE_TIMEOUT_MS);
    await ended;
    clearTimeout(kill);
  }

  #end(reason: AppError): void {
    this.#deathOrClose ??= reason;
    clearInterval(this.#pulse);
    for (const camera of [...this.#cameras.keys()]) camera.close();
  }

  /** Reads the viewers' figures, which tells at the same time whether the worker still answers. */
  #feelPulse(): void {
    const now = performance.now();
    if (this.#awaitedSinceMs !== null) {
      if (now - this.#awaitedSinceMs > PULSE_TIMEOUT_MS) killProcess(this.#worker.pid);
      return;
    }
    this.#awaitedSinceMs = now;
    const readings = [...this.#cameras.values()].map((outlet) => outlet.readFigures());
    // What fails here fails because the worker or a viewer has ended, which is told elsewhere.
    void Promise.allSettled([this.#worker.getResourceUsage(), ...readings]).then(() => {
      this.#awaitedSinceMs = null;
    });
  }
}

/** One camera's viewers, on as many channels as their offers have payload types. */
class MediasoupOutlet implements CameraOutlet {
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

/**
 * A router and its producer. A router sends one payload type only, so each that is asked for has its own. Packets go in
 * through a DirectTransport: over loopback UDP the bursts of key frames overran the socket (40 % lost with 8 cameras).
 */
class Channel {
  readonly #router: ms.Router;
  readonly #producer: ms.Producer;
  readonly #writer: RtpWriter;

  private constructor(router: ms.Router, producer: ms.Producer, writer: RtpWriter) {
    this.#router = router;
    this.#producer = producer;
    this.#writer = writer;
  }

  static async open(worker: ms.Worker, payloadType: number, events: RelayEvents): Promise<Channel> {
    const router = await worker.createRouter({ mediaCodecs: [{ ...codec, preferredPayloadType: payloadType }] });
    try {
      const transport = await router.createDirectTransport();
      const writer = new RtpWriter(payloadType);
      transport.on('rtcp', (packet) => {
        if (asksForKeyFrame(packet)) events.onKeyFrameRequest();
      });
      const producer = await transport.produce({
        kind: 'video',
        rtpParameters: {
          codecs: [{ ...codec, payloadType, rtcpFeedback: [{ type: 'nack', parameter: 'pli' }] }],
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

class MediasoupConnection implements ViewerConnection {
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

  close(): void {
    this.#transport.close();
    this.#onClosed();
  }
}

function killProcess(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It ended in the meantime.
  }
}

/** Declared for every camera, whatever its SPS says: browsers decode High under it, and mediasoup compares profiles. */
const codec = {
  kind: 'video' as const,
  mimeType: 'video/H264' as const,
  clockRate: 90000,
  parameters: { 'packetization-mode': 1, 'profile-level-id': '42e01f' },
};

function capabilitiesOf(h264: OfferedH264): ms.RtpCapabilities {
  const rtcpFeedback = [
    ...(h264.nack ? [{ type: 'nack' }] : []),
    ...(h264.pictureLoss ? [{ type: 'nack', parameter: 'pli' }] : []),
  ];
  return { codecs: [{ ...codec, preferredPayloadType: h264.payloadType, rtcpFeedback }], headerExtensions: [] };
}
