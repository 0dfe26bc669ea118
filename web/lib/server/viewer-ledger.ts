/** Far more than workers can serve; beyond it the session heard of longest ago is forgotten. */
const MAX_SESSIONS = 10_000;
/** A session of a camera that nobody answers for counts this long after it was last known to live. */
const EXPIRES_AFTER_MS = 60_000;

interface Session {
  readonly user: string;
  readonly camera: string;
  /** When it was last known to live. */
  seenAtMs: number;
}

/**
 * Which user has which viewer sessions. A user is whatever key stands for one. Sessions end in the workers, often without
 * a word, so entries may be stale: who is about to refuse somebody learns first which of them still live (`seen`).
 */
export class ViewerLedger {
  readonly #limit: number;
  /** By viewer id; the one heard of longest ago first. */
  readonly #sessions = new Map<string, Session>();
  readonly #joining = new Map<string, number>();

  constructor(sessionsPerUser: number) {
    this.#limit = sessionsPerUser;
  }

  get size(): number {
    return this.#sessions.size;
  }

  /** A place for one more session, or false. It is given back by `joined` or `gaveUp`. */
  reserve(user: string): boolean {
    const joining = this.#joining.get(user) ?? 0;
    if (this.#of(user).length + joining >= this.#limit) return false;
    this.#joining.set(user, joining + 1);
    return true;
  }

  joined(user: string, camera: string, viewerId: string, nowMs: number): void {
    this.gaveUp(user);
    for (const oldest of this.#sessions.keys()) {
      if (this.#sessions.size < MAX_SESSIONS) break;
      this.#sessions.delete(oldest);
    }
    this.#sessions.set(viewerId, { user, camera, seenAtMs: nowMs });
  }

  gaveUp(user: string): void {
    const joining = (this.#joining.get(user) ?? 0) - 1;
    if (joining > 0) this.#joining.set(user, joining);
    else this.#joining.delete(user);
  }

  ended(viewerId: string): void {
    this.#sessions.delete(viewerId);
  }

  /** Cameras of this user's sessions that were not heard of since. */
  camerasUnseenSince(user: string, sinceMs: number): string[] {
    const unseen = this.#of(user).filter(([, { seenAtMs }]) => seenAtMs < sinceMs);
    return [...new Set(unseen.map(([, { camera }]) => camera))];
  }

  /** These were a camera's viewers, asked for at `askedAtMs`: its other sessions of before have ended. */
  seen(camera: string, alive: ReadonlySet<string>, askedAtMs: number): void {
    for (const [viewerId, session] of [...this.#sessions]) {
      if (session.camera !== camera || session.seenAtMs >= askedAtMs) continue;
      this.#sessions.delete(viewerId);
      if (alive.has(viewerId)) this.#sessions.set(viewerId, { ...session, seenAtMs: askedAtMs });
    }
  }

  /** Nobody answers for the camera: sessions of it not heard of for long are taken to have ended. */
  unanswered(camera: string, nowMs: number): void {
    for (const [viewerId, session] of [...this.#sessions]) {
      if (session.camera === camera && nowMs - session.seenAtMs > EXPIRES_AFTER_MS) this.#sessions.delete(viewerId);
    }
  }

  #of(user: string): [string, Session][] {
    return [...this.#sessions].filter(([, session]) => session.user === user);
  }
}
