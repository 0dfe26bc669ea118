import type { AccessUnit, RtpPacket, VideoTrack } from '../packet.ts';
import { Depacketizer, MAX_PICTURE_BYTES } from './depacketize.ts';
import { isSlice, NAL, nalType, startsPicture } from './nal-unit.ts';
import { ParameterSets } from './parameter-sets.ts';
import { parseSps } from './sps.ts';

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
  readonly #depacketizer = new Depacketizer();
  readonly #parameterSets = new ParameterSets();
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
    for (const nalUnit of [options.track.sps, options.track.pps]) {
      if (nalUnit !== null) this.#parameterSets.remember(nalUnit);
    }
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
    const type = nalType(nalUnit);
    if (type === NAL.accessUnitDelimiter || type === NAL.filler) return;
    if (type === NAL.sps || type === NAL.pps) this.#learn(nalUnit);
    let open = this.#open;
    if (open === null) return;
    if (open.hasSlice && !this.#trustsMarker && startsPicture(nalUnit)) {
      this.#finish();
      open = this.#open = beginPicture(open.rtpTimestamp, receivedAtMs);
    }
    if (open.bytes + nalUnit.length > MAX_PICTURE_BYTES || open.nalUnits.length >= MAX_NAL_UNITS) {
      open.isOversize = true;
      open.nalUnits = [];
    }
    if (!open.isOversize) open.nalUnits.push(nalUnit);
    open.bytes += nalUnit.length;
    open.hasSlice ||= isSlice(nalUnit);
  }

  #learn(nalUnit: Buffer): void {
    if (!this.#parameterSets.remember(nalUnit)) return;
    if (nalType(nalUnit) === NAL.pps) {
      this.#track = { ...this.#track, pps: Buffer.from(nalUnit) };
      return;
    }
    const shape = parseSps(nalUnit);
    if (shape === null) return;
    this.#track = {
      ...this.#track,
      sps: Buffer.from(nalUnit),
      widthPx: shape.widthPx,
      heightPx: shape.heightPx,
      fps: shape.fps ?? this.#track.fps,
      profileLevelId: shape.profileLevelId,
    };
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
    const hasIdr = picture.nalUnits.some((nalUnit) => nalType(nalUnit) === NAL.idrSlice);
    const completed = hasIdr ? this.#parameterSets.completeKeyFrame(picture.nalUnits) : null;
    const isDamaged = picture.isDamaged || (hasIdr && completed === null);
    this.#units += 1;
    this.#keyFrames += completed === null ? 0 : 1;
    this.#damaged += isDamaged ? 1 : 0;
    this.#options.onUnit({
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
    const firstSlice = picture.nalUnits.find(isSlice);
    return picture.rtpTimestamp === this.#lastFinished && firstSlice !== undefined && !startsPicture(firstSlice);
  }
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
