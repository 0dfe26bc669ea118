import { randomBytes } from 'node:crypto';

interface JanusEvent {
  readonly janus: string;
  readonly sender?: number;
  readonly jsep?: { readonly type: string; readonly sdp: string };
  readonly plugindata?: { readonly data?: { readonly error?: string } };
  readonly error?: { readonly reason: string };
  readonly data?: { readonly id: number };
}

export interface JanusViewer {
  readonly offerSdp: string;
  start(answerSdp: string): Promise<void>;
}

/** A session with Janus over its HTTP transport: requests are posted, what follows comes by long polls. */
export class JanusSession {
  readonly #url: string;
  readonly #offers = new Map<number, PromiseWithResolvers<string>>();
  readonly #ending = new AbortController();

  private constructor(url: string) {
    this.#url = url;
    void this.#poll();
  }

  static async open(url: string): Promise<JanusSession> {
    const { data } = await post(url, { janus: 'create' });
    return new JanusSession(`${url}/${String(data?.id)}`);
  }

  /** A viewer of a mountpoint; the receiver's answer to its offer begins the stream. */
  async watch(mountpoint: number): Promise<JanusViewer> {
    const { data } = await post(this.#url, { janus: 'attach', plugin: 'janus.plugin.streaming' });
    const handle = data?.id ?? 0;
    const offer = Promise.withResolvers<string>();
    this.#offers.set(handle, offer);
    const say = (body: object, jsep?: object): Promise<JanusEvent> =>
      post(`${this.#url}/${String(handle)}`, { janus: 'message', body, ...(jsep === undefined ? {} : { jsep }) });
    await say({ request: 'watch', id: mountpoint });
    return {
      offerSdp: await offer.promise,
      start: async (sdp) => {
        await say({ request: 'start' }, { type: 'answer', sdp });
      },
    };
  }

  close(): void {
    this.#ending.abort();
  }

  async #poll(): Promise<void> {
    try {
      for (;;) {
        const response = await fetch(`${this.#url}?maxev=20`, { signal: this.#ending.signal });
        for (const event of [(await response.json()) as JanusEvent | JanusEvent[]].flat()) this.#heed(event);
      }
    } catch (error) {
      for (const { reject } of this.#offers.values()) reject(error);
    }
  }

  #heed({ sender, jsep, plugindata }: JanusEvent): void {
    const offer = this.#offers.get(sender ?? 0);
    if (jsep?.type === 'offer') offer?.resolve(jsep.sdp);
    const refusal = plugindata?.data?.error;
    if (refusal !== undefined) offer?.reject(new Error(`janus refuses: ${refusal}`));
  }
}

async function post(url: string, message: object): Promise<JanusEvent> {
  const transaction = randomBytes(8).toString('hex');
  const response = await fetch(url, { method: 'POST', body: JSON.stringify({ ...message, transaction }) });
  const event = (await response.json()) as JanusEvent;
  if (event.error !== undefined) throw new Error(`janus refuses: ${event.error.reason}`);
  return event;
}
