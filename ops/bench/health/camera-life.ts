import type { PictureTraits } from '#media/frames/traits/picture-traits.ts';
import {
  createPictureHealth,
  stepPictureHealth,
  type HealthChange,
  type PictureHealth,
} from '#actors/camera/health/picture-health.ts';

/** One camera on a simulated clock: what it shows, for so long, and what is told of it. */
export class CameraLife {
  #health: PictureHealth = createPictureHealth();
  #seconds = 1_000_000;
  #shown = 0;

  /** One picture a second out of a row, round and round, each time from another place in it. */
  show(traits: readonly PictureTraits[], seconds: number): HealthChange[] {
    const changes: HealthChange[] = [];
    for (let i = 0; i < seconds; i += 1) {
      this.#seconds += 1;
      this.#shown += 1;
      const picture = traits[this.#shown % traits.length];
      if (picture === undefined) throw new Error('a camera that shows nothing cannot be watched');
      const step = stepPictureHealth(this.#health, { ...picture, ticks90k: this.#seconds * 90_000 });
      this.#health = step.health;
      changes.push(...step.changes);
    }
    return changes;
  }
}
