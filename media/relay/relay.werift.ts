import { isIPv6 } from 'node:net';
import { RTCPeerConnection, RTCRtpCodecParameters } from 'werift';
import type { RTCDtlsTransport, RTCPeerConnectionConfig, RTCRtpSender } from 'werift';
import { AppError } from '#protocol/errors.ts';
import { BurstPacer } from './burst-pacer.ts';
import { beginsKeyFrame } from './key-frame.ts';
import type { Relay, RelayCamera, RelayEvents, RelayOptions, RelayPacket, RelayStats } from './relay.port.ts';
import { RestartableIce } from './relay.werift-ice.ts';
import { RtpWriter } from './rtp-writer.ts';
import { VANISHED_AFTER_MS, ViewedCamera } from './viewed-camera.ts';
import type { CameraOutlet, ConnectionEvents, ViewerConnection } from './viewed-camera.ts';
import { answeredSetup, type AnswerParts, type HostCandidate, type IceParts } from './whep-answer.ts';
import type { IceCredentials } from './whep-fragment.ts';
import type { WhepOffer } from './whep.ts';

const LISTEN_INTERVAL_MS = 1_000;
/** A longer cached GOP is not sent to a newcomer, who waits for the next key frame instead. */
const MAX_GOP_BYTES = 1_500_000;

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
      outlet: new WeriftOutlet(this.#options.listenAddresses, events),
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
  readonly #addresses: readonly string[];
  readonly #events: RelayEvents;
  readonly #connections = new Set<WeriftConnection>();

  constructor(addresses: readonly string[], events: RelayEvents) {
    this.#addresses = addresses;
    this.#events = events;
  }

  send(packet: RelayPacket): void {
    for (const connection of this.#connections) connection.send(packet);
  }

  async connect(offer: WhepOffer, events: ConnectionEvents): Promise<ViewerConnection> {
    const ice = new RestartableIce();
    const peer = new RTCPeerConnection({ ...peerConfig(offer, this.#addresses), iceFilterStunResponse: ice.see });
    try {
      const { sender } = peer.addTransceiver('video', { direction: 'sendonly' });
      await peer.setRemoteDescription({ type: 'offer', sdp: essentialOffer(offer) });
      // Left alone, werift always begins the handshake itself.
      onlyTransport(peer).role = answeredSetup(offer) === 'passive' ? 'server' : 'client';
      await peer.setLocalDescription(await peer.createAnswer());
      const connection = new WeriftConnection(peer, sender, ice, offer, this.#events, events, () => {
        this.#connections.delete(connection);
      });
      this.#connections.add(connection);
      return connection;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }
}

/** One viewer. It has a stream of its own, so it can be given the past without anybody else seeing time jump. */
class WeriftConnection implements ViewerConnection {
  readonly answer: AnswerParts;
  readonly #peer: RTCPeerConnection;
  readonly #dtls: RTCDtlsTransport;
  readonly #sender: RTCRtpSender;
  readonly #ice: RestartableIce;
  readonly #writer: RtpWriter;
  readonly #pacer: BurstPacer;
  readonly #relay: RelayEvents;
  readonly #onClosed: () => void;
  readonly #listening: NodeJS.Timeout;
  readonly #subscriptions: readonly { unSubscribe: () => void }[];
  /** False until it has been sent the beginning of a key frame: what comes before cannot be decoded. */
  #isStarted = false;
  #packets = 0;
  #bytes = 0;

  constructor(
    peer: RTCPeerConnection,
    sender: RTCRtpSender,
    ice: RestartableIce,
    offer: WhepOffer,
    relay: RelayEvents,
    events: ConnectionEvents,
    onClosed: () => void,
  ) {
    this.#peer = peer;
    this.#sender = sender;
    this.#ice = ice;
    this.#relay = relay;
    this.#onClosed = onClosed;
    this.#writer = new RtpWriter(offer.h264.payloadType, sender.ssrc);
    this.#dtls = onlyTransport(peer);
    this.#pacer = new BurstPacer(
      (packet) => {
        this.#write(packet);
      },
      () => {
        this.#isStarted = false;
        relay.onKeyFrameRequest();
      },
    );
    this.answer = answerParts(this.#dtls, sender.ssrc, peer.cname);
    const onGone = (): void => {
      events.onGone();
    };
    this.#subscriptions = [
      sender.onPictureLossIndication.subscribe(() => {
        relay.onKeyFrameRequest();
      }),
      peer.connectionStateChange.subscribe((state) => {
        if (state === 'connected') {
          events.onConnected();
          this.#start();
        } else if (state === 'failed' || state === 'closed') onGone();
      }),
      // A viewer's goodbye ends DTLS alone; the connection's state does not follow.
      this.#dtls.onStateChange.subscribe((state) => {
        if (state === 'failed' || state === 'closed') onGone();
      }),
    ];
    this.#listening = listenFor(this.#dtls, onGone);
  }

  send(packet: RelayPacket): void {
    if (this.#peer.connectionState !== 'connected') return;
    this.#isStarted ||= beginsKeyFrame(packet.payload);
    if (this.#isStarted) this.#pacer.push(packet);
  }

  sent(): { packets: number; bytes: number } {
    return { packets: this.#packets, bytes: this.#bytes };
  }

  restartIce(viewer: IceCredentials): Promise<IceParts> {
    const own = this.#ice.restart(this.#dtls.iceTransport, viewer);
    return Promise.resolve({ ...own, candidates: this.answer.candidates });
  }

  close(): void {
    clearInterval(this.#listening);
    this.#pacer.stop();
    this.#onClosed();
    for (const { unSubscribe } of this.#subscriptions) unSubscribe();
    void this.#peer.close();
  }

  /** With the pictures since the newest key frame, where they are at hand; else with the next key frame. */
  #start(): void {
    const gop = this.#relay.newestGop?.() ?? [];
    const bytes = gop.reduce((total, { payload }) => total + payload.length, 0);
    this.#isStarted = gop[0] !== undefined && beginsKeyFrame(gop[0].payload) && bytes <= MAX_GOP_BYTES;
    if (this.#isStarted) this.#pacer.burst(gop);
    else this.#relay.onKeyFrameRequest();
  }

  #write(packet: RelayPacket): void {
    this.#packets += 1;
    this.#bytes += packet.payload.length;
    // Rejects when the session ends in the meantime, which its state tells.
    this.#sender.sendRtp(this.#writer.write(packet)).catch(() => undefined);
  }
}

/** Ice-lite asks for no consent of its own: a viewer of which nothing is heard, neither checks nor RTCP, has vanished. */
function listenFor(dtls: RTCDtlsTransport, onVanished: () => void): NodeJS.Timeout {
  let heard = 0;
  let heardAtMs = performance.now();
  const timer = setInterval(() => {
    const now = performance.now();
    const pairs = dtls.iceTransport.connection.checkList;
    const total = pairs.reduce((sum, pair) => sum + pair.requestsReceived + pair.packetsReceived, 0);
    if (total !== heard) heardAtMs = now;
    heard = total;
    if (now - heardAtMs > VANISHED_AFTER_MS) onVanished();
  }, LISTEN_INTERVAL_MS);
  return timer.unref();
}

function peerConfig(offer: WhepOffer, addresses: readonly string[]): RTCPeerConnectionConfig {
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

function answerParts({ iceTransport, localParameters }: RTCDtlsTransport, ssrc: number, cname: string): AnswerParts {
  const { usernameFragment, password } = iceTransport.localParameters;
  return {
    usernameFragment,
    password,
    fingerprints: localParameters.fingerprints,
    candidates: iceTransport.localCandidates.map(({ foundation, priority, ip, port }): HostCandidate => ({
      foundation,
      priority,
      address: ip,
      port,
      protocol: 'udp',
    })),
    ssrc,
    cname,
  };
}
