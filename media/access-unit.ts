import { Depacketizer } from './depacketizer.ts';
import { MAX_PICTURE_BYTES } from './fragment-buffer.ts';
import type { AccessUnit, RtpPacket, VideoTrack } from './packet.ts';
import type { NalKind, ParameterSets, VideoCodec } from './video-codec.ts';
import { codecs } from './video-codecs.ts';

export interface AssemblerOptions {
  /** As described by SDP; its parameter sets serve until the stream brings its own. */
  readonly track: VideoTrack;
  /** Called once per picture, in order, with its RTP time and the arrival of its first packet: `StreamClock.ticksOf`. */
  readonly ticksOf: (rtpTimestamp: number, receivedAtMs: number) => number;
  readonly onUnit: (unit: AccessUnit) => void;
}

export interface AssemblerStats {
  readonly units: number;
  readonly keyFrames: number;
  readonly damaged: number;
  /** Pictures beyond 4 MiB or 1,024 NAL units: dropped. */
  readonly oversize: number;
}

const MAX_NAL_UNITS = 1024;

/** A picture whose packets are arriving. */
interface OpenPicture {
  readonly rtpTimestamp: number;
  readonly firstAtMs: number;
  lastAtMs: number;
  nalUnits: Buffer[];
  bytes: number;
  hasSlice: boolean;
  isDamaged: boolean;
  isOversize: boolean;
}

/**
 * RTP packets to pictures. A picture ends with the marker bit, so that it costs no waiting, or with the next RTP time. A
 * camera that sets the marker in mid-picture is noticed and from then on only its RTP times count. Delimiters and filler
 * are left out. Holds one picture of at most 4 MiB and 1,024 NAL units.
 */
export class AccessUnitAssembler {
  readonly #options: AssemblerOptions;
  readonly #codec: VideoCodec;
  readonly #depacketizer: Depacketizer;
  readonly #parameterSets: ParameterSets;
  #track: VideoTrack;
  #open: OpenPicture | null = null;
  #lastFinished: number | null = null;
  #trustsMarker = true;
  #units = 0;
  #keyFrames = 0;
  #damaged = 0;
  #oversize = 0;

  constructor(options: AssemblerOptions) {
    this.#options = options;
    this.#track = options.track;
    this.#codec = codecs[options.track.codec];
    this.#depacketizer = new Depacketizer(this.#codec);
    this.#parameterSets = this.#codec.openParameterSets();
    for (const nalUnit of options.track.parameterSets) this.#parameterSets.remember(nalUnit);
  }

  /** The track as the stream's own parameter sets describe it: size, rate and profile may change in mid-session. */
  get track(): VideoTrack {
    return this.#track;
  }

  stats(): AssemblerStats {
    return { units: this.#units, keyFrames: this.#keyFrames, damaged: this.#damaged, oversize: this.#oversize };
  }

  push(packet: RtpPacket, receivedAtMs: number): void {
    const piece = this.#depacketizer.push(packet);
    if (this.#open !== null && this.#open.rtpTimestamp !== packet.timestamp) {
      // What is missing may have been the end of the one picture or the start of the next: both may show it.
      this.#open.isDamaged ||= piece.isAfterGap || piece.hasCutEarlier;
      this.#finish();
    }
    const open = (this.#open ??= beginPicture(packet.timestamp, receivedAtMs));
    open.lastAtMs = receivedAtMs;
    open.isDamaged ||= piece.isAfterGap || piece.isBroken;
    for (const nalUnit of piece.nalUnits) this.#add(nalUnit, receivedAtMs);
    const isComplete = packet.marker && this.#trustsMarker && !piece.isMidNalUnit;
    if (isComplete && this.#open.hasSlice) this.#finish();
  }

  #add(nalUnit: Buffer, receivedAtMs: number): void {
    const kind = this.#codec.kindOf(nalUnit);
    if (kind === 'padding') return;
    if (kind === 'parameter set') this.#learn(nalUnit);
    let open = this.#open;
    if (open === null) return;
    if (open.hasSlice && !this.#trustsMarker && this.#codec.startsPicture(nalUnit)) {
      this.#finish();
      open = this.#open = beginPicture(open.rtpTimestamp, receivedAtMs);
    }
    if (open.bytes + nalUnit.length > MAX_PICTURE_BYTES || open.nalUnits.length >= MAX_NAL_UNITS) {
      open.isOversize = true;
      open.nalUnits = [];
    }
    if (!open.isOversize) open.nalUnits.push(nalUnit);
    open.bytes += nalUnit.length;
    open.hasSlice ||= isSlice(kind);
  }

  #learn(nalUnit: Buffer): void {
    if (!this.#parameterSets.remember(nalUnit)) return;
    const traits = this.#codec.describe(nalUnit);
    if (traits === null) return;
    this.#track = { ...this.#track, ...traits, fps: traits.fps ?? this.#track.fps };
  }

  #finish(): void {
    const picture = this.#open;
    this.#open = null;
    if (picture === null) return;
    if (picture.isOversize) this.#oversize += 1;
    // Parameter sets on their own are remembered and come back with the next key frame.
    if (picture.isOversize || !picture.hasSlice) return;
    if (this.#isRemainder(picture)) {
      this.#trustsMarker = false;
      this.#damaged += 1;
      return;
    }
    this.#lastFinished = picture.rtpTimestamp;
    const hasKeySlice = picture.nalUnits.some((nalUnit) => this.#codec.kindOf(nalUnit) === 'key slice');
    const completed = hasKeySlice ? this.#parameterSets.completeKeyFrame(picture.nalUnits) : null;
    const isDamaged = picture.isDamaged || (hasKeySlice && completed === null);
    this.#units += 1;
    this.#keyFrames += completed === null ? 0 : 1;
    this.#damaged += isDamaged ? 1 : 0;
    this.#options.onUnit({
      codec: this.#track.codec,
      nalUnits: completed ?? picture.nalUnits,
      isKeyFrame: completed !== null,
      rtpTimestamp: picture.rtpTimestamp,
      ticks90k: this.#options.ticksOf(picture.rtpTimestamp, picture.firstAtMs),
      receivedAtMs: picture.lastAtMs,
      isDamaged,
    });
  }

  /** The marker ended a picture of which this is more: it means something else to this camera. */
  #isRemainder(picture: OpenPicture): boolean {
    const firstSlice = picture.nalUnits.find((nalUnit) => isSlice(this.#codec.kindOf(nalUnit)));
    return (
      picture.rtpTimestamp === this.#lastFinished && firstSlice !== undefined && !this.#codec.startsPicture(firstSlice)
    );
  }
}

function isSlice(kind: NalKind): boolean {
  return kind === 'slice' || kind === 'key slice';
}

function beginPicture(rtpTimestamp: number, firstAtMs: number): OpenPicture {
  return {
    rtpTimestamp,
    firstAtMs,
    lastAtMs: firstAtMs,
    nalUnits: [],
    bytes: 0,
    hasSlice: false,
    isDamaged: false,
    isOversize: false,
  };
}
