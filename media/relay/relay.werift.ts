import { isIPv6 } from 'node:net';
import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import type { RTCDtlsTransport, RTCPeerConnectionConfig, RTCRtpSender } from 'werift';
import { AppError } from '#protocol/errors.ts';
import { OwnStream, type PictureSource } from './own-stream.ts';
import type { Relay, RelayCamera, RelayEvents, RelayOptions, RelayPacket, RelayStats } from './relay.port.ts';
import { RestartableIce } from './relay.werift-ice.ts';
import { RtpWriter } from './rtp-writer.ts';
import { VANISHED_AFTER_MS, ViewedCamera } from './viewed-camera.ts';
import type { CameraOutlet, ConnectionEvents, ViewerConnection, ViewerFigures } from './viewed-camera.ts';
import { answeredSetup, type AnswerParts, type HostCandidate, type IceParts } from './whep-answer.ts';
import type { IceCredentials } from './whep-fragment.ts';
import type { WhepOffer } from './whep.ts';

const WATCH_INTERVAL_MS = 1_000;
/** Each viewer has a port of its own. */
const MAX_PORTS = 1_000;
const MAX_PORT = 65_535;
/** WebRTC in this process, in TypeScript alone: 60 to 70 us a packet and viewer, so for a handful of viewers. */
export function openWeriftRelay(options: RelayOptions): Relay {
  return new WeriftRelay(options);
}

class WeriftRelay implements Relay {
  readonly kind = 'werift';
  /** Never settles: it lives and dies with this process. */
  readonly died = new Promise<Error>(() => undefined);
  readonly #options: RelayOptions;
  readonly #cameras = new Set<ViewedCamera>();
  #isClosed = false;

  constructor(options: RelayOptions) {
    this.#options = options;
  }

  openCamera(camera: string, events: RelayEvents): RelayCamera {
    if (this.#isClosed) throw new AppError('relay.unavailable', 'the relay is closed');
    const viewed = new ViewedCamera({
      camera,
      events,
      maxViewers: this.#options.maxViewersPerCamera,
      openOutlet: (source) => new WeriftOutlet(this.#options, source),
      onClosed: () => this.#cameras.delete(viewed),
    });
    this.#cameras.add(viewed);
    return viewed;
  }

  stats(): RelayStats {
    const viewers = [...this.#cameras].reduce((total, camera) => total + camera.viewers().length, 0);
    return { cameras: this.#cameras.size, viewers };
  }

  close(): Promise<void> {
    this.#isClosed = true;
    for (const camera of [...this.#cameras]) camera.close();
    return Promise.resolve();
  }
}

class WeriftOutlet implements CameraOutlet {
  readonly #options: RelayOptions;
  readonly #source: PictureSource;
  readonly #connections = new Set<WeriftConnection>();

  constructor(options: RelayOptions, source: PictureSource) {
    this.#options = options;
    this.#source = source;
  }

  send(packet: RelayPacket): void {
    for (const connection of this.#connections) connection.send(packet);
  }

  async connect(offer: WhepOffer, events: ConnectionEvents): Promise<ViewerConnection> {
    const ice = new RestartableIce();
    const peer = new RTCPeerConnection({ ...peerConfig(offer, this.#options), iceFilterStunResponse: ice.see });
    try {
      const { sender } = peer.addTransceiver('video', { direction: 'sendonly' });
      await peer.setRemoteDescription({ type: 'offer', sdp: essentialOffer(offer) });
      // Left alone, werift always begins the handshake itself.
      onlyTransport(peer).role = answeredSetup(offer) === 'passive' ? 'server' : 'client';
      await peer.setLocalDescription(await peer.createAnswer());
      const answer = answerParts(peer, sender, this.#options);
      const writer = new RtpWriter(offer.h264.payloadType, sender.ssrc);
      const connection = new WeriftConnection(
        { peer, sender, ice, writer, answer, source: this.#source, events },
        () => {
          this.#connections.delete(connection);
        },
      );
      this.#connections.add(connection);
      return connection;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }
}

interface WeriftSession {
  readonly peer: RTCPeerConnection;
  readonly sender: RTCRtpSender;
  readonly ice: RestartableIce;
  readonly writer: RtpWriter;
  readonly answer: AnswerParts;
  readonly source: PictureSource;
  readonly events: ConnectionEvents;
}

class WeriftConnection implements ViewerConnection {
  readonly answer: AnswerParts;
  readonly #session: WeriftSession;
  readonly #stream: OwnStream;
  readonly #onClosed: () => void;
  readonly #watching: NodeJS.Timeout;
  readonly #subscriptions: readonly { unSubscribe: () => void }[];
  #packets = 0;
  #bytes = 0;
  #keyFrameRequests = 0;
  #measured = {
    atMs: performance.now(),
    bytes: 0,
    bitsPerSecond: 0,
    packetsLost: 0,
    roundTripMs: null as number | null,
  };

  constructor(session: WeriftSession, onClosed: () => void) {
    const { peer, sender, answer, source, events } = session;
    this.#session = session;
    this.#onClosed = onClosed;
    this.answer = answer;
    this.#stream = new OwnStream(source, (packet) => {
      this.#write(packet);
    });
    const onGone = (): void => {
      events.onGone();
    };
    const dtls = onlyTransport(peer);
    this.#subscriptions = [
      sender.onPictureLossIndication.subscribe(() => {
        this.#keyFrameRequests += 1;
        source.onKeyFrameRequest();
      }),
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'connected') {
          events.onConnected();
          this.#stream.start();
        } else if (state === 'failed' || state === 'closed') onGone();
      }),
      // A viewer's goodbye ends DTLS alone; the connection's state does not follow.
      dtls.onStateChange.subscribe((state) => {
        if (state === 'failed' || state === 'closed') onGone();
      }),
    ];
    const listen = listener(dtls, onGone);
    this.#watching = setInterval(() => {
      listen();
      void this.#measure();
    }, WATCH_INTERVAL_MS).unref();
  }

  send(packet: RelayPacket): void {
    this.#stream.push(packet);
  }

  figures(): ViewerFigures {
    const { bitsPerSecond, packetsLost, roundTripMs } = this.#measured;
    return {
      packetsSent: this.#packets,
      bytesSent: this.#bytes,
      bitsPerSecond,
      packetsLost,
      packetsDropped: this.#stream.dropped,
      roundTripMs,
      keyFrameRequests: this.#keyFrameRequests,
    };
  }

  restartIce(viewer: IceCredentials): Promise<IceParts> {
    const { ice, peer } = this.#session;
    const own = ice.restart(onlyTransport(peer).iceTransport, viewer);
    return Promise.resolve({ ...own, candidates: this.answer.candidates });
  }

  close(): void {
    clearInterval(this.#watching);
    this.#stream.stop();
    this.#onClosed();
    for (const { unSubscribe } of this.#subscriptions) unSubscribe();
    void this.#session.peer.close();
  }

  async #measure(): Promise<void> {
    const atMs = performance.now();
    const bytes = this.#bytes;
    const before = this.#measured;
    const report = [...(await this.#session.sender.getStats()).values()].find(
      ({ type }) => type === 'remote-inbound-rtp',
    );
    const { packetsLost = 0, roundTripTime } = (report ?? {}) as { packetsLost?: number; roundTripTime?: number };
    this.#measured = {
      atMs,
      bytes,
      bitsPerSecond: Math.round(((bytes - before.bytes) * 8 * 1000) / (atMs - before.atMs)),
      packetsLost,
      roundTripMs: roundTripTime === undefined ? null : roundTripTime * 1000,
    };
  }

  #write(packet: RelayPacket): void {
    const { sender, writer } = this.#session;
    this.#packets += 1;
    this.#bytes += packet.payload.length;
    // Rejects when the session ends in the meantime, which its state tells.
    sender.sendRtp(writer.write(packet)).catch(() => undefined);
  }
}

/** Ice-lite asks for no consent of its own: a viewer of which nothing is heard, neither checks nor RTCP, has vanished. */
function listener(dtls: RTCDtlsTransport, onVanished: () => void): () => void {
  let heard = 0;
  let heardAtMs = performance.now();
  return () => {
    const now = performance.now();
    const pairs = dtls.iceTransport.connection.checkList;
    const total = pairs.reduce((sum, pair) => sum + pair.requestsReceived + pair.packetsReceived, 0);
    if (total !== heard) heardAtMs = now;
    heard = total;
    if (now - heardAtMs > VANISHED_AFTER_MS) onVanished();
  };
}

function peerConfig(
  offer: WhepOffer,
  { listenAddresses: addresses, firstPort }: RelayOptions,
): RTCPeerConnectionConfig {
  const ofFamily = (six: boolean): string[] => addresses.filter((address) => isIPv6(address) === six);
  const [udp4, ...moreUdp4] = ofFamily(false);
  const [udp6, ...moreUdp6] = ofFamily(true);
  return {
    codecs: { audio: [], video: [h264Codec(offer)] },
    headerExtensions: { audio: [], video: [] },
    iceServers: [],
    iceLite: true,
    // The given addresses and no other. A socket is bound to its address only if it is the one of its family.
    iceAdditionalHostAddresses: [...addresses],
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceInterfaceAddresses: {
      ...(udp4 !== undefined && moreUdp4.length === 0 ? { udp4 } : {}),
      ...(udp6 !== undefined && moreUdp6.length === 0 ? { udp6 } : {}),
    },
    iceUseTcp: false,
    ...(firstPort === null ? {} : { icePortRange: [firstPort, Math.min(firstPort + MAX_PORTS, MAX_PORT)] }),
    bundlePolicy: 'max-bundle',
  };
}

function h264Codec({ h264 }: WhepOffer): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({
    mimeType: 'video/H264',
    clockRate: 90000,
    payloadType: h264.payloadType,
    parameters: `packetization-mode=1;profile-level-id=${h264.profileLevelId}`,
    rtcpFeedback: [
      ...(h264.nack ? [{ type: 'nack' }] : []),
      ...(h264.pictureLoss ? [{ type: 'nack', parameter: 'pli' }] : []),
    ],
  });
}

/** What of the offer is accepted, and nothing else of what a stranger sent; so werift has nothing to choose. */
function essentialOffer(offer: WhepOffer): string {
  const { mid, h264 } = offer;
  const payloadType = String(h264.payloadType);
  return [
    'v=0',
    'o=- 1 1 IN IP4 127.0.0.1',
    's=-',
    't=0 0',
    `a=group:BUNDLE ${mid}`,
    `m=video 9 UDP/TLS/RTP/SAVPF ${payloadType}`,
    'c=IN IP4 0.0.0.0',
    `a=mid:${mid}`,
    'a=recvonly',
    `a=ice-ufrag:${offer.usernameFragment}`,
    `a=ice-pwd:${offer.password}`,
    ...offer.fingerprints.map(({ algorithm, value }) => `a=fingerprint:${algorithm} ${value}`),
    `a=setup:${answeredSetup(offer) === 'passive' ? 'active' : 'passive'}`,
    'a=rtcp-mux',
    `a=rtpmap:${payloadType} H264/90000`,
    `a=fmtp:${payloadType} packetization-mode=1;profile-level-id=${h264.profileLevelId}`,
    ...(h264.nack ? [`a=rtcp-fb:${payloadType} nack`] : []),
    ...(h264.pictureLoss ? [`a=rtcp-fb:${payloadType} nack pli`] : []),
    '',
  ].join('\r\n');
}

function onlyTransport(peer: RTCPeerConnection): RTCDtlsTransport {
  const [dtls] = peer.dtlsTransports;
  if (dtls === undefined) throw new AppError('internal', 'werift made no transport');
  return dtls;
}

function answerParts(peer: RTCPeerConnection, { ssrc }: RTCRtpSender, options: RelayOptions): AnswerParts {
  const { iceTransport, localParameters } = onlyTransport(peer);
  const { usernameFragment, password } = iceTransport.localParameters;
  const local = iceTransport.localCandidates.map(({ foundation, priority, ip, port }): HostCandidate => ({
    foundation,
    priority,
    address: ip,
    port,
    protocol: 'udp',
  }));
  const [listening] = options.listenAddresses;
  const announced = local
    .filter(({ address }) => options.announcedAddress !== null && address === listening)
    .map((candidate) => ({ ...candidate, address: options.announcedAddress ?? candidate.address }));
  return {
    usernameFragment,
    password,
    fingerprints: localParameters.fingerprints,
    candidates: [...local, ...announced],
    ssrc,
    cname: peer.cname,
  };
}
