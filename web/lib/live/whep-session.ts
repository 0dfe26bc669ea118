/**
 * One WHEP session (draft-ietf-wish-whep): POST the offer, take the answer, trickle late candidates, restart ICE by PATCH
 * when the network changed, DELETE at the end.
 */
import { candidateFragment, restartedAnswer, restartFragment } from './ice-fragment.ts';
import { iceServersOf } from './ice-servers.ts';

/** Host candidates are there within a few ms; what comes later is trickled, and the picture does not wait for it. */
const GATHER_MS = 50;
const POST_TIMEOUT_MS = 6_000;
/** A restart is asked for where a path may have gone: better asked again soon than waited for. */
const RESTART_TIMEOUT_MS = 2_000;
const FRAGMENT_TYPE = 'application/trickle-ice-sdpfrag';

/** The server would not have the offer; the message is for the person in front of the page. */
export class WhepRefused extends Error {
  readonly status: number;
  /** The server's own wish; null: it has none. */
  readonly retryAfterMs: number | null;

  constructor(message: string, status: number, retryAfterMs: number | null) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

export class WhepSession {
  readonly peer = new RTCPeerConnection();
  readonly receiver: RTCRtpReceiver;
  #resource: string | null = null;
  #etag: string | null = null;
  #closed = false;
  /** Candidates found meanwhile go with the request that is being put together. */
  #isGathering = false;
  /** Found while the server's answer was awaited. */
  #early: RTCIceCandidate[] = [];

  constructor() {
    this.receiver = this.peer.addTransceiver('video', { direction: 'recvonly' }).receiver;
    this.peer.onicecandidate = ({ candidate }) => {
      if (candidate === null || this.#isGathering) return;
      if (this.#resource === null) this.#early.push(candidate);
      else this.#trickle(candidate);
    };
  }

  /** The server knows it. */
  get isOpen(): boolean {
    return this.#resource !== null;
  }

  /** Rejects with a sentence for the person in front of the page: WhepRefused when the server said no. */
  async open(endpoint: string): Promise<void> {
    const iceServers = await iceServersOf(endpoint);
    if (this.#isOver()) return;
    this.peer.setConfiguration({ iceServers });
    const response = await fetch(endpoint, {
      method: 'POST',
      headers: { 'content-type': 'application/sdp' },
      body: await this.#describe(),
      signal: AbortSignal.timeout(POST_TIMEOUT_MS),
    });
    if (response.status !== 201) throw await refusalOf(response);
    this.#resource = response.headers.get('location');
    this.#etag = response.headers.get('etag');
    const answer = await response.text();
    if (this.#closed) {
      this.#delete();
      return;
    }
    for (const candidate of this.#early.splice(0)) this.#trickle(candidate);
    await this.peer.setRemoteDescription({ type: 'answer', sdp: answer });
  }

  /**
   * New paths for the running session. True: the server goes along. False: it does not know the session any more or
   * cannot do this, so a new one is needed. Rejects when it could not be asked.
   */
  async restart(): Promise<boolean> {
    const answer = (this.peer.currentRemoteDescription ?? this.peer.remoteDescription)?.sdp;
    if (this.#resource === null || answer === undefined || this.#closed) return false;
    this.peer.restartIce();
    const offer = await this.#describe();
    const response = await fetch(this.#resource, {
      method: 'PATCH',
      headers: { 'content-type': FRAGMENT_TYPE, 'if-match': '*' },
      body: restartFragment(offer),
      signal: AbortSignal.timeout(RESTART_TIMEOUT_MS),
    });
    if (response.status !== 200) return false;
    const renewed = restartedAnswer(answer, await response.text());
    if (renewed === null || this.#isOver()) return false;
    this.#etag = response.headers.get('etag') ?? this.#etag;
    await this.peer.setRemoteDescription({ type: 'answer', sdp: renewed });
    return true;
  }

  /** Also when the page is going away: the request outlives it. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.peer.close();
    this.#delete();
  }

  #isOver(): boolean {
    return this.#closed;
  }

  #delete(): void {
    if (this.#resource === null) return;
    // A server that is gone has forgotten the viewer anyway.
    fetch(this.#resource, { method: 'DELETE', keepalive: true }).catch(() => undefined);
    this.#resource = null;
  }

  /** The local offer with the candidates that are found at once. */
  async #describe(): Promise<string> {
    this.#isGathering = true;
    try {
      const gathered = this.#gathered();
      await this.peer.setLocalDescription();
      await gathered;
    } finally {
      this.#isGathering = false;
    }
    return this.peer.localDescription?.sdp ?? '';
  }

  #gathered(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, GATHER_MS);
      this.peer.onicegatheringstatechange = () => {
        if (this.peer.iceGatheringState !== 'complete') return;
        clearTimeout(timer);
        resolve();
      };
    });
  }

  #trickle({ candidate, sdpMid }: RTCIceCandidate): void {
    if (this.#resource === null || candidate === '') return;
    const local = this.peer.localDescription?.sdp ?? '';
    // A lost candidate costs one path among several; the session itself tells when none works.
    fetch(this.#resource, {
      method: 'PATCH',
      headers: { 'content-type': FRAGMENT_TYPE, ...(this.#etag === null ? {} : { 'if-match': this.#etag }) },
      body: candidateFragment(local, candidate, sdpMid ?? '0'),
    }).catch(() => undefined);
  }
}

async function refusalOf(response: Response): Promise<WhepRefused> {
  const { status, headers } = response;
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  const retryAfterMs = Number.isFinite(seconds) ? Math.max(0, seconds * 1000) : null;
  return new WhepRefused(await detailOf(response), status, retryAfterMs);
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
