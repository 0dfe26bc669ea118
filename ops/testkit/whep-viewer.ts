import {
  GenericNack,
  RTCPeerConnection,
  RTCRtpCodecParameters,
  RtcpTransportLayerFeedback,
  type RTCPeerConnectionConfig,
  type RtpPacket,
} from 'werift';

/** Posts an offer to a relay, by whatever way, and brings its answer. */
export type PostOffer = (offerSdp: string) => Promise<{ viewerId: string; answerSdp: string }>;

/** Hands the viewer's half of an ICE restart to the relay as an SDP fragment and brings the relay's. */
export type PatchIce = (fragment: string) => Promise<string>;

export interface ReceivedPacket {
  readonly sequenceNumber: number;
  readonly timestamp: number;
  readonly marker: boolean;
  readonly payloadType: number;
  readonly payload: Buffer;
}

const MAX_KEPT_PACKETS = 20_000;

/** A viewer without a screen: real ICE, DTLS and SRTP by werift, packets kept in order of arrival. The maker closes it. */
export class WhepViewer {
  readonly viewerId: string;
  readonly offerSdp: string;
  readonly answerSdp: string;
  readonly packets: ReceivedPacket[] = [];
  /** Told of each packet the moment it is there. */
  onPacket: ((packet: ReceivedPacket) => void) | null = null;
  readonly #peer: RTCPeerConnection;
  #ssrc = 0;

  private constructor(peer: RTCPeerConnection, offerSdp: string, answer: { viewerId: string; answerSdp: string }) {
    this.#peer = peer;
    this.offerSdp = offerSdp;
    this.viewerId = answer.viewerId;
    this.answerSdp = answer.answerSdp;
    this.#transport.onRtp.subscribe((packet) => {
      this.#keep(packet);
    });
  }

  static async open(post: PostOffer, payloadType = 109): Promise<WhepViewer> {
    const peer = new RTCPeerConnection(peerConfig(payloadType));
    try {
      peer.addTransceiver('video', { direction: 'recvonly' });
      await peer.setLocalDescription(await peer.createOffer());
      const offerSdp = peer.localDescription?.sdp ?? '';
      const answer = await post(offerSdp);
      const viewer = new WhepViewer(peer, offerSdp, answer);
      await peer.setRemoteDescription({ type: 'answer', sdp: answer.answerSdp });
      return viewer;
    } catch (error) {
      await peer.close();
      throw error;
    }
  }

  get isConnected(): boolean {
    return this.#peer.connectionState === 'connected';
  }

  /** Resolves once a path was checked with the new credentials. */
  async restartIce(patch: PatchIce): Promise<void> {
    await this.#peer.setLocalDescription(await this.#peer.createOffer({ iceRestart: true }));
    const offered = this.#peer.localDescription?.sdp ?? '';
    const lines = offered.split('\r\n').filter((line) => /^a=(ice-ufrag|ice-pwd|mid|candidate):|^m=/.test(line));
    const fragment = await patch(lines.join('\r\n'));
    const ice = /^a=(ice-ufrag|ice-pwd):.*$/gm;
    const renewed = [...fragment.matchAll(ice)].map(([line]) => line.trim());
    const sdp = this.answerSdp.replace(ice, (line) => renewed.find((one) => one.startsWith(line.slice(0, 9))) ?? line);
    await this.#peer.setRemoteDescription({ type: 'answer', sdp });
    // Left alone, werift checks no path again once it has done its handshake.
    await this.#transport.iceTransport.start();
  }

  async askForKeyFrame(): Promise<void> {
    await this.#peer.getReceivers()[0]?.sendRtcpPLI(this.#ssrc);
  }

  /** Claims that a packet was lost (generic NACK, RFC 4585 section 6.2.1). */
  async reportLost(sequenceNumber: number): Promise<void> {
    const feedback = new GenericNack({ senderSsrc: 1, mediaSourceSsrc: this.#ssrc, lost: [sequenceNumber] });
    await this.#transport.sendRtcp([new RtcpTransportLayerFeedback({ feedback })]);
  }

  async close(): Promise<void> {
    await this.#peer.close();
  }

  /** Falls silent without a word to the relay, as a viewer whose power is cut. */
  async vanish(): Promise<void> {
    await this.#transport.iceTransport.stop();
  }

  get #transport(): RTCPeerConnection['dtlsTransports'][number] {
    const [transport] = this.#peer.dtlsTransports;
    if (transport === undefined) throw new Error('the viewer has no transport');
    return transport;
  }

  #keep({ header, payload }: RtpPacket): void {
    this.#ssrc = header.ssrc;
    const { sequenceNumber, timestamp, marker, payloadType } = header;
    const packet = { sequenceNumber, timestamp, marker, payloadType, payload: Buffer.from(payload) };
    this.onPacket?.(packet);
    this.packets.push(packet);
    if (this.packets.length > MAX_KEPT_PACKETS) this.packets.shift();
  }
}

function peerConfig(payloadType: number): RTCPeerConnectionConfig {
  const h264 = new RTCRtpCodecParameters({
    mimeType: 'video/H264',
    clockRate: 90000,
    payloadType,
    parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  });
  return {
    codecs: { audio: [], video: [h264] },
    // Named, as werift else asks a public STUN server; nobody answers there.
    iceServers: [{ urls: 'stun:127.0.0.1:9' }],
    iceStunGatherTimeout: 0,
    // Loopback and nothing else.
    iceAdditionalHostAddresses: ['127.0.0.1'],
    iceInterfaceAddresses: { udp4: '127.0.0.1' },
    iceUseIpv4: false,
    iceUseIpv6: false,
    iceUseTcp: false,
  };
}
