import type { Bus } from '#ops/runtime/bus.port.ts';
import { AppError } from '#protocol/errors.ts';
import { whepViewersSchema } from '#protocol/signalling.ts';
import { subjects } from '#protocol/subjects.ts';
import { ViewerLedger } from './viewer-ledger.ts';

/** Somebody who asks again and again does not make the workers answer each time. */
const ASK_AGAIN_AFTER_MS = 2_000;
const ASK_TIMEOUT_MS = 2_000;

/** Lets a user have only so many viewer sessions at once, over all cameras. Each web process counts its own. */
export class ViewerAdmission {
  readonly #ledger: ViewerLedger;
  readonly #bus: Pick<Bus, 'request'>;
  readonly #nowMs: () => number;

  constructor(bus: Pick<Bus, 'request'>, sessionsPerUser: number, nowMs: () => number = () => performance.now()) {
    this.#bus = bus;
    this.#ledger = new ViewerLedger(sessionsPerUser);
    this.#nowMs = nowMs;
  }

  /** Runs `join` if the user may have one session more. Rejects with relay.viewer-limit, or as `join` does. */
  async admit<J extends { viewerId: string }>(user: string, camera: string, join: () => Promise<J>): Promise<J> {
    if (!this.#ledger.reserve(user)) {
      await this.#learnWhoLives(user);
      if (!this.#ledger.reserve(user)) {
        throw new AppError('relay.viewer-limit', 'you already watch as many videos as you may: close one of them');
      }
    }
    try {
      const joined = await join();
      this.#ledger.joined(user, camera, joined.viewerId, this.#nowMs());
      return joined;
    } catch (error) {
      this.#ledger.gaveUp(user);
      throw error;
    }
  }

  ended(viewerId: string): void {
    this.#ledger.ended(viewerId);
  }

  async #learnWhoLives(user: string): Promise<void> {
    const askedAtMs = this.#nowMs();
    const cameras = this.#ledger.camerasUnseenSince(user, askedAtMs - ASK_AGAIN_AFTER_MS);
    await Promise.all(
      cameras.map(async (camera) => {
        try {
          const { viewerIds } = await this.#bus.request(
            subjects.whepViewers(camera),
            {},
            whepViewersSchema,
            ASK_TIMEOUT_MS,
          );
          this.#ledger.seen(camera, new Set(viewerIds), askedAtMs);
        } catch {
          this.#ledger.unanswered(camera, this.#nowMs());
        }
      }),
    );
  }
}
