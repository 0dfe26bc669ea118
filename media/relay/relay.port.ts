/** Sends a camera's packets to browsers over WebRTC. Two adapters pass one contract suite: mediasoup and werift. */
export interface Relay {
  readonly kind: 'mediasoup' | 'werift';
  /** Cheap until somebody watches: an adapter makes its routers lazily. */
  openCamera(camera: string, events: RelayEvents): RelayCamera;
  /**
   * Settles when the relay died as a whole: nothing of it runs any more and nothing of it can be started. Never on
   * `close()`, nor when a part dies that the relay replaces itself; that part's viewers are gone and join again.
   */
  readonly died: Promise<Error>;
  stats(): RelayStats;
  close(): Promise<void>;
}

export interface RelayEvents {
  /** The number of viewers changed; 0 means nothing needs to be sent. */
  onViewers(viewers: number): void;
  /** A viewer cannot decode until the next key frame. At most once in KEY_FRAME_REQUEST_INTERVAL_MS. */
  onKeyFrameRequest(): void;
  /**
   * Everything written since the newest key frame began, that packet first; empty if there is none. A newcomer with a
   * stream of its own is sent it at once: everybody on werift, the first four of a camera on mediasoup. Others share a
   * stream and wait for the next key frame, as whoever shares would see time jump.
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
  /** Somebody watches: packets are worth making. */
  readonly isWatched: boolean;
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
  /** False: there is no such viewer (any more). True once also for one that has just ended its connection itself. */
  removeViewer(viewerId: string): boolean;
  viewers(): readonly ViewerStats[];
  keyFrameRequests(): KeyFrameRequestStats;
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
  /** Over the last few seconds. */
  readonly bitsPerSecond: number;
  /** As the viewer reports it (RFC 3550 section 6.4.1); what arrived when it was sent again is not lost. */
  readonly packetsLost: number;
  /** Not sent, as the relay was given more than it could send. It goes on with a key frame, without a gap in the numbering. */
  readonly packetsDropped: number;
  /** null until the viewer has reported. */
  readonly roundTripMs: number | null;
  /** Pictures it asked for because it could not decode on. */
  readonly keyFrameRequests: number;
}

export interface KeyFrameRequestStats {
  /** By viewers, and by the relay on a newcomer's behalf. */
  readonly asked: number;
  /** As `onKeyFrameRequest`. */
  readonly passedOn: number;
}

export interface RelayStats {
  readonly cameras: number;
  readonly viewers: number;
}

export interface RelayOptions {
  /** Addresses listened on and offered to viewers as ICE candidates. */
  readonly listenAddresses: readonly string[];
  /** Offered as well, where viewers come through address translation: it leads to the first of `listenAddresses`. */
  readonly announcedAddress: string | null;
  /** null: whichever are free. mediasoup uses one for each worker from here on, werift one for each viewer. */
  readonly firstPort: number | null;
  readonly maxViewersPerCamera: number;
}
