/** Sends a camera's packets to browsers over WebRTC. Two adapters pass one contract suite: mediasoup and werift. */
export interface Relay {
  readonly kind: 'mediasoup' | 'werift';
  /** Cheap until somebody watches: an adapter makes its routers lazily. */
  openCamera(camera: string, events: RelayEvents): RelayCamera;
  /** Settles when the relay itself died (a mediasoup worker's crash); never on `close()`. */
  readonly died: Promise<Error>;
  stats(): RelayStats;
  close(): Promise<void>;
}

export interface RelayEvents {
  /** The number of viewers changed; 0 means nothing needs to be sent. */
  onViewers(viewers: number): void;
  /** A viewer cannot decode until the next key frame. */
  onKeyFrameRequest(): void;
  /**
   * Everything written since the newest key frame began, that packet first; empty if there is none. Where each viewer has
   * a stream of its own (werift) a newcomer is sent it at once; with a shared one (mediasoup) it waits for the next.
   */
  newestGop?(): readonly RelayPacket[];
}

/** H.264 payload ready to send (RFC 6184, packetization-mode 1), already on the camera's timeline. */
export interface RelayPacket {
  readonly payload: Buffer;
  readonly marker: boolean;
  /** The timeline's ticks modulo 2^32. */
  readonly rtpTimestamp: number;
}

/** One camera's relay. Survives camera reconnects: SSRC and sequence belong to it, not to the camera's session. */
export interface RelayCamera {
  /** Dropped at once while nobody watches. */
  write(packet: RelayPacket): void;
  /**
   * A WHEP offer in, an answer out, with every candidate in it. Rejects with AppError relay.offer-rejected (no H.264
   * packetization-mode 1 in it, broken SDP), relay.viewer-limit, relay.unavailable.
   */
  addViewer(offerSdp: string): Promise<JoinedViewer>;
  /**
   * An SDP fragment (RFC 8840): candidates, which resolve to null, or an ICE restart, over which the video goes on.
   * `iceTags`: those of the ICE sessions it is meant for, '*' for any, null for none named. Rejects with
   * relay.viewer-not-found, relay.fragment-rejected, relay.ice-session-not-named, relay.ice-session-changed.
   */
  updateIce(viewerId: string, fragment: string, iceTags: readonly string[] | null): Promise<RestartedIce | null>;
  removeViewer(viewerId: string): void;
  viewers(): readonly ViewerStats[];
  close(): void;
}

export interface JoinedViewer {
  readonly viewerId: string;
  readonly answerSdp: string;
  /** Names the viewer's ICE session until its next restart. */
  readonly iceTag: string;
}

export interface RestartedIce {
  readonly iceTag: string;
  /** The relay's new half, with every candidate in it. */
  readonly fragment: string;
}

export interface ViewerStats {
  readonly viewerId: string;
  readonly connected: boolean;
  readonly packetsSent: number;
  readonly bytesSent: number;
}

export interface RelayStats {
  readonly cameras: number;
  readonly viewers: number;
}

export interface RelayOptions {
  /** Addresses offered to viewers as ICE candidates. */
  readonly listenAddresses: readonly string[];
  readonly maxViewersPerCamera: number;
}
