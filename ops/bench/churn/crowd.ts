import { WhepViewer } from '#ops/testkit/whep-viewer.ts';

/** At most so many watch at the same time. */
const WATCHING = 6;

interface Watching {
  readonly viewer: WhepViewer;
  readonly session: string;
}

/** Viewers that come and go: one a second, by turns saying goodbye and vanishing without a word. */
export class Crowd {
  readonly #product: string;
  readonly #cameras: readonly string[];
  readonly #watching: Watching[] = [];
  joined = 0;
  refused = 0;
  /** Joined while their camera was up and got no picture until they left. */
  sawNothing = 0;

  constructor(product: string, cameras: readonly string[]) {
    this.#product = product;
    this.#cameras = cameras;
  }

  async step(): Promise<void> {
    const camera = this.#cameras[this.joined % this.#cameras.length] ?? '';
    this.joined += 1;
    try {
      this.#watching.push(await this.#join(camera));
    } catch {
      this.refused += 1;
    }
    if (this.#watching.length > WATCHING) await this.#leave(this.joined % 2 === 0);
  }

  async everybodyLeaves(): Promise<void> {
    while (this.#watching.length > 0) await this.#leave(true);
  }

  async #join(camera: string): Promise<Watching> {
    let session = '';
    const viewer = await WhepViewer.open(async (body) => {
      const response = await fetch(`${this.#product}/whep/${camera}`, {
        method: 'POST',
        headers: { 'content-type': 'application/sdp' },
        body,
      });
      if (!response.ok) throw new Error(await response.text());
      session = new URL(response.headers.get('location') ?? '', this.#product).href;
      return { viewerId: session, answerSdp: await response.text() };
    });
    return { viewer, session };
  }

  async #leave(politely: boolean): Promise<void> {
    const oldest = this.#watching.shift();
    if (oldest === undefined) return;
    if (oldest.viewer.packets.length === 0) this.sawNothing += 1;
    if (politely) await fetch(oldest.session, { method: 'DELETE' });
    else await oldest.viewer.vanish();
    await oldest.viewer.close();
  }
}
