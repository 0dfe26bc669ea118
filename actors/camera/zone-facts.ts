import type { CameraConfig } from '#protocol/camera.ts';
import type { Undecided } from '#protocol/facts.ts';
import type { BoxesMessage } from '#protocol/live.ts';
import type { ZoneLeft, ZoneMeasured, ZoneThresholdCrossed } from '#protocol/zone-facts.ts';
import {
  createZoneCounter,
  finishZoneCounter,
  peopleIn,
  stepZoneCounter,
  withZones,
  type ZoneCounterStep,
} from '../counting/zones/zone-counter.ts';
import type { ZoneEvent } from '../counting/zones/zone-event.ts';
import type { Track } from '../tracking/track.ts';

export type ZoneFact = Undecided<ZoneLeft> | Undecided<ZoneThresholdCrossed> | Undecided<ZoneMeasured>;

/** One camera's zones: what its frames say about them, as facts. */
export class ZoneFacts {
  readonly #onFact: (fact: ZoneFact) => void;
  #config: CameraConfig;
  #counter;
  #run = 0;
  #model = '';

  constructor(config: CameraConfig, onFact: (fact: ZoneFact) => void) {
    this.#config = config;
    this.#onFact = onFact;
    this.#counter = createZoneCounter(config.zones);
  }

  /** Zones that stay keep who is inside. */
  configure(config: CameraConfig): void {
    this.#publish(withZones(this.#counter, config.zones));
    this.#config = config;
  }

  /** Tracks begin anew: whoever was inside has left, as far as anybody saw. */
  breakOff(): void {
    this.#publish(finishZoneCounter(this.#counter));
  }

  frame(tracks: readonly Track[], timeMs: number, run: number, model: string): void {
    this.#run = run;
    this.#model = model;
    this.#publish(stepZoneCounter(this.#counter, tracks, timeMs));
  }

  /** For the live message; absent where there are no zones. */
  get people(): Pick<BoxesMessage, 'zones'> {
    const people = peopleIn(this.#counter);
    return people.length === 0 ? {} : { zones: people };
  }

  #publish({ state, events }: ZoneCounterStep): void {
    this.#counter = state;
    for (const event of events) {
      const fact = this.#factOf(event);
      if (fact !== null) this.#onFact(fact);
    }
  }

  /** Somebody who came in is told when they leave, and meanwhile in the zone's minute. */
  #factOf(event: ZoneEvent): ZoneFact | null {
    const { id: camera, revision: cameraRevision } = this.#config;
    switch (event.kind) {
      case 'entered':
        return null;
      case 'left': {
        const { zone, trackId: track, score: confidence, enteredAtMs, leftAtMs, appeared, lost } = event;
        const who = { run: this.#run, track, zone, confidence, model: this.#model };
        return { type: 'ZoneLeft', camera, ...who, enteredAtMs, leftAtMs, appeared, lost, cameraRevision };
      }
      case 'threshold': {
        const { zone, threshold, limit, people, isBeyond, sinceMs, atMs: crossedAtMs } = event;
        const what = { zone, threshold, limit, people, isBeyond, sinceMs, crossedAtMs };
        return { type: 'ZoneThresholdCrossed', camera, ...what, cameraRevision };
      }
      case 'measured': {
        const { zone, fromMs, untilMs, observedMs, peopleMin, peopleMax, peopleMean, people } = event;
        const { entries, exits, dwellMeanMs, waitMs } = event;
        const when = { fromMs, untilMs, observedMs };
        const who = { peopleMin, peopleMax, peopleMean, people, entries, exits, dwellMeanMs };
        return {
          type: 'ZoneMeasured',
          camera,
          zone,
          ...when,
          ...who,
          ...(waitMs !== undefined && { waitMs }),
          cameraRevision,
        };
      }
    }
  }
}
