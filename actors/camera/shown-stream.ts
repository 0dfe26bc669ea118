import { KeyFrameCache } from '#media/fork/key-frame-cache.ts';
import { packetizeUnit } from '#media/h264/packetize.ts';
import type { AccessUnit, CodecName } from '#media/packet.ts';
import type { RelayCamera, RelayPacket } from '#media/relay/relay.port.ts';
import type { StreamName } from '#media/timeline.ts';

const STILLS =
  'The camera sends H.265, so its picture is renewed once a second instead of moving. Set its stream or its sub-stream to H.264.';

/**
 * Which of a camera's streams viewers see: the main one, unless that is H.265, which browsers are not offered; then the
 * sub-stream, unless that is H.265, too. Without either the page shows stills.
 */
export class ShownStream {
  readonly #relay: Pick<RelayCamera, 'isWatched' | 'write'>;
  readonly #onStills: (because: string | null) => void;
  readonly #newest = new KeyFrameCache();
  #codecs: Partial<Record<StreamName, CodecName>> = {};
  #source: StreamName | null = 'main';
  #hasBegun = false;

  /** `onStills`: why the picture is shown as stills, one sentence for an operator; null: as video. Told when it changes. */
  constructor(relay: Pick<RelayCamera, 'isWatched' | 'write'>, onStills: (because: string | null) => void) {
    this.#relay = relay;
    this.#onStills = onStills;
  }

  /** Held for newcomers. */
  get bytes(): number {
    return this.#newest.bytes;
  }

  /** The shown stream since its last key frame: what a newcomer's decoder begins with. */
  newestGop(): RelayPacket[] {
    return this.#newest.units().flatMap((unit) => packetizeUnit(unit));
  }

  /** A session of the stream begins. */
  described(name: StreamName, codec: CodecName): void {
    this.#choose({ ...this.#codecs, [name]: codec });
  }

  /** The camera has other streams now. */
  forget(): void {
    this.#choose({});
  }

  push(name: StreamName, unit: AccessUnit): void {
    if (name !== this.#source || unit.codec !== 'H264') return;
    this.#hasBegun ||= unit.isKeyFrame;
    if (!this.#hasBegun) return;
    this.#newest.push(unit);
    if (!this.#relay.isWatched) return;
    for (const packet of packetizeUnit(unit)) this.#relay.write(packet);
  }

  /** Its session ended: a newcomer would see the past. */
  ended(name: StreamName): void {
    if (name === this.#source) this.#beginAnew();
  }

  #choose(codecs: Partial<Record<StreamName, CodecName>>): void {
    const before = this.#source;
    this.#codecs = codecs;
    const fallback = codecs.sub === 'H264' ? 'sub' : null;
    this.#source = codecs.main === 'H265' ? fallback : 'main';
    if (this.#source === before) return;
    this.#beginAnew();
    if (before === null || this.#source === null) this.#onStills(this.#source === null ? STILLS : null);
  }

  #beginAnew(): void {
    this.#newest.clear();
    this.#hasBegun = false;
  }
}
