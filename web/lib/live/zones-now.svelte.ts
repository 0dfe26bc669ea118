import type { BoxesMessage } from '#protocol/live.ts';
import type { ZoneNow } from '../video/zone-words.ts';

/** How many are in each zone of one camera. Changes only when a number does, not with every frame. */
export class ZonesNow {
  zones = $state.raw<readonly ZoneNow[]>([]);
  #told = '';

  take({ zones = [] }: BoxesMessage): void {
    const text = JSON.stringify(zones);
    if (text === this.#told) return;
    this.#told = text;
    this.zones = zones;
  }
}
