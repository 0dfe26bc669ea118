/** One WHEP session (draft-ietf-wish-whep): POST the offer, take the answer, trickle late candidates, DELETE at the end. */

/** Host candidates are there within a few ms; what comes later is trickled. */
const GATHER_MS = 200;
const POST_TIMEOUT_MS = 10_000;

export class WhepSession {
  readonly peer = new RTCPeerConnection();
  readonly receiver: RTCRtpReceiver;
  #resource: string | null = null;
  #closed = false;

  constructor() {
    this.receiver = this.peer.addTransceiver('video', { direction: 'recvonly' }).receiver;
  }

  /** Rejects with a sentence for the person in front of the page. */
  async open(endpoint: string): Promise<void> {
    const early = this.#gather();
    await this.peer.setLocalDescription();
    await early;
    const offer = this.peer.localDescription?.sdp ?? '';
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: offer,
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    });
    if (response.status !== 201) throw new Error(await detailOf(response));
    this.#resource = response.headers.get('location');
    const answer = await response.text();
    if (this.#closed) {
      this.#delete();
      return;
    }
    await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /** Also when the page is going away: the request outlives it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.peer.close();
    this.#delete();
  }

  #delete(): void {
    if (this.#resource === null) return;
    // A server that is gone has forgotten the viewer anyway.
    fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    this.#resource = null;
  }

  #gather(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.peer.onicecandidate = ({ candidate }) => {
        if (candidate === null) {
          clearTimeout(timer);
          resolve();
        } else if (this.#resource !== null) this.#trickle(candidate);
      };
    });
  }

  #trickle(candidate: RTCIceCandidate): void {
    if (this.#resource === null || candidate.candidate === '') return;
    const password = /^a=ice-pwd:(.+)$/m.exec(this.peer.localDescription?.sdp ?? '')?.[1]?.trim() ?? '';
    const fragment = [
      `a=ice-ufrag:${candidate.usernameFragment ?? ''}`,
      `a=ice-pwd:${password}`,
      'm=video 9 UDP/TLS/RTP/SAVPF 0',
      `a=mid:${candidate.sdpMid ?? '0'}`,
      `a=${candidate.candidate}`,
      '',
    ].join('\r\n');
    // A lost candidate costs one path among several; the session itself tells when none works.
    fetch(this.#resource, {
      method: 'PATCH',
      headers: { 'content-type': 'application/trickle-ice-sdpfrag' },
      body: fragment,
    }).catch(() => undefined);
  }
}

async function detailOf(response: Response): Promise<string> {
  const fallback = `The server answered ${String(response.status)}.`;
  try {
    const { detail } = (await response.json()) as { detail?: unknown };
    return typeof detail === 'string' ? detail : fallback;
  } catch {
    return fallback;
  }
}
