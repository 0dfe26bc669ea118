import type { Socket } from 'node:dgram';
import { RTCPeerConnection, RTCRtpCodecParameters, RtcpReceiverInfo, RtcpRrPacket } from 'werift';
import { SequenceTally, type Tally } from './sequence-tally.ts';

const REPORT_EVERY_MS = 1_000;
const RECEIVE_BUFFER_BYTES = 1024 * 1024;
const FIRST_RTCP_TYPE = 192;
const LAST_RTCP_TYPE = 223;

/**
 * A viewer that costs little: ICE and DTLS are werift's, then packets are counted by the header that SRTP leaves clear,
 * without decrypting, and a receiver report goes back each second.
 */
export class Receiver {
  /** Resolves to false if ICE or DTLS failed. */
  readonly connected: Promise<boolean>;
  readonly #peer: RTCPeerConnection;
  readonly #tally = new SequenceTally();
  #ssrc = 0;
  #reporting: NodeJS.Timeout | null = null;

  constructor(address: string) {
    this.#peer = new RTCPeerConnection({
      codecs: { audio: [], video: [h264()] },
      // Named, as werift else asks a public STUN server; nobody answers there.
      iceServers: [{ urls: `stun:${address}:9` }],
      iceStunGatherTimeout: 0,
      iceAdditionalHostAddresses: [address],
      iceInterfaceAddresses: { udp4: address },
      iceUseIpv4: false,
      iceUseIpv6: false,
      iceUseTcp: false,
    });
    this.connected = new Promise((resolve) => {
      this.#peer.connectionStateChange.subscribe((state) => {
        if (state === 'failed' || state === 'closed') resolve(false);
        if (state !== 'connected') return;
        this.#takeOver();
        resolve(true);
      });
    });
  }

  async offer(): Promise<string> {
    this.#peer.addTransceiver('video', { direction: 'recvonly' });
    await this.#peer.setLocalDescription(await this.#peer.createOffer());
    return this.#peer.localDescription?.sdp ?? '';
  }

  async accept(answerSdp: string): Promise<void> {
    await this.#peer.setRemoteDescription({ type: 'answer', sdp: answerSdp });
  }

  async answer(offerSdp: string): Promise<string> {
    await this.#peer.setRemoteDescription({ type: 'offer', sdp: offerSdp });
    await this.#peer.setLocalDescription(await this.#peer.createAnswer());
    return this.#peer.localDescription?.sdp ?? '';
  }

  close(): void {
    if (this.#reporting !== null) clearInterval(this.#reporting);
    void this.#peer.close();
  }

  /** Counts from now on. */
  mark(): void {
    this.#tally.mark();
  }

  /** Since the last mark. */
  tally(): Tally {
    return this.#tally.read();
  }

  /** What SRTP is protected with. */
  async cipher(): Promise<string | null> {
    const stats = [...(await this.#peer.getStats()).values()] as { readonly srtpCipher?: string }[];
    return stats.find(({ srtpCipher }) => srtpCipher !== undefined)?.srtpCipher ?? null;
  }

  /** From here on werift sees what is not RTP: checks and handshakes. */
  #takeOver(): void {
    if (this.#reporting !== null) return;
    for (const socket of this.#sockets()) {
      const listeners = socket.listeners('message') as ((data: Buffer, from: unknown) => void)[];
      socket.removeAllListeners('message');
      socket.setRecvBufferSize(RECEIVE_BUFFER_BYTES);
      socket.on('message', (data, from) => {
        if (isRtp(data)) this.#count(data);
        else for (const listener of listeners) listener(data, from);
      });
    }
    this.#reporting = setInterval(() => {
      this.#report();
    }, REPORT_EVERY_MS);
  }

  #count(packet: Buffer): void {
    this.#ssrc = packet.readUInt32BE(8);
    this.#tally.push(packet.readUInt16BE(2));
  }

  #report(): void {
    const { highest, lost } = this.#tally.total();
    const report = new RtcpReceiverInfo({
      ssrc: this.#ssrc,
      fractionLost: 0,
      packetsLost: lost,
      highestSequence: highest,
      jitter: 0,
      lsr: 0,
      dlsr: 0,
    });
    void this.#peer.dtlsTransports[0]?.sendRtcp([new RtcpRrPacket({ ssrc: 1, reports: [report] })]);
  }

  /** werift does not show them. */
  #sockets(): Socket[] {
    const connection = this.#peer.dtlsTransports[0]?.iceTransport.connection as unknown as {
      readonly protocols: readonly { readonly transport: { readonly socket: Socket } }[];
    };
    return connection.protocols.map(({ transport }) => transport.socket);
  }
}

/** RFC 7983 and RFC 5761 section 4. */
function isRtp(data: Buffer): boolean {
  const [first = 0, second = 0] = data;
  return first > 127 && first < 192 && (second < FIRST_RTCP_TYPE || second > LAST_RTCP_TYPE);
}

function h264(): RTCRtpCodecParameters {
  return new RTCRtpCodecParameters({
    mimeType: 'video/H264',
    clockRate: 90000,
    payloadType: 96,
    parameters: 'level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f',
    rtcpFeedback: [{ type: 'nack' }, { type: 'nack', parameter: 'pli' }],
  });
}
