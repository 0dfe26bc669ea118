import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import type { CameraFaults, Cuttable } from './camera-faults.ts';
import { pathOf, RtspConversation, type ServedStream, type Verdict } from './rtsp-conversation.ts';
import { RtspRequestReader, type RtspItem, type RtspRequest } from './rtsp-request.ts';
import { writeResponse } from './rtsp-response.ts';

export interface RtspConnectionOptions {
  readonly socket: Socket;
  /** By path without a trailing slash; undefined: 404. */
  readonly find: (path: string) => ServedStream | undefined;
  /** Without a request or RTCP packet for this long the connection is closed (RFC 2326 section 12.37). */
  readonly timeoutMs: number;
  readonly monotonicMs: () => number;
  readonly onClosed: () => void;
}

const MAX_WAITING_REQUESTS = 32;
const MAX_QUEUED_BYTES = 2 * 1024 * 1024;

/** One client's RTSP connection. Answers in order, one request at a time; ends on anything malformed. */
export class RtspConnection implements Cuttable {
  readonly #options: RtspConnectionOptions;
  readonly #socket: Socket;
  readonly #reader = new RtspRequestReader();
  readonly #conversation: RtspConversation;
  readonly #waiting: RtspRequest[] = [];
  readonly #usedFaults = new Set<CameraFaults>();
  readonly #idleTimer: NodeJS.Timeout;
  #isAnswering = false;

  constructor(options: RtspConnectionOptions) {
    const { socket, timeoutMs, monotonicMs } = options;
    const cut = (): void => {
      this.cut();
    };
    this.#options = options;
    this.#socket = socket;
    this.#idleTimer = setTimeout(cut, timeoutMs);
    this.#conversation = new RtspConversation({
      timeoutMs,
      monotonicMs,
      onStreamFailed: cut,
      outlet: {
        write: (bytes) => {
          if (socket.writable) socket.write(bytes);
        },
        get queuedBytes() {
          return socket.writableLength;
        },
      },
    });
    socket.setNoDelay(true);
    socket.on('data', (chunk) => {
      for (const item of this.#reader.push(chunk)) this.#take(item);
    });
    // 'close' follows and does the work; a reset by the client is nobody's error here.
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.#release();
    });
  }

  /** Ends the connection without a word. */
  cut(): void {
    this.#socket.destroy();
    this.#release();
  }

  #release(): void {
    clearTimeout(this.#idleTimer);
    this.#conversation.close();
    this.#waiting.length = 0;
    for (const faults of this.#usedFaults) faults.detach(this);
    this.#usedFaults.clear();
    this.#options.onClosed();
  }

  #take(item: RtspItem): void {
    if (this.#socket.destroyed) return;
    if (item.kind === 'malformed') {
      this.#socket.end(writeResponse({ status: item.status }, item.cseq));
      return;
    }
    this.#idleTimer.refresh();
    if (item.kind === 'interleaved') return;
    this.#waiting.push(item.request);
    const isFlooding = this.#waiting.length > MAX_WAITING_REQUESTS || this.#socket.writableLength > MAX_QUEUED_BYTES;
    if (isFlooding) this.cut();
    else void this.#answerWaiting();
  }

  async #answerWaiting(): Promise<void> {
    if (this.#isAnswering) return;
    this.#isAnswering = true;
    for (let request = this.#waiting.shift(); request !== undefined; request = this.#waiting.shift()) {
      const verdict = await this.#judge(request);
      if (!this.#socket.writable) break;
      this.#obey(verdict, request);
    }
    this.#isAnswering = false;
  }

  #judge(request: RtspRequest): Promise<Verdict> {
    const served = request.uri === '*' ? undefined : this.#options.find(pathOf(request.uri));
    if (served !== undefined && !this.#usedFaults.has(served.faults)) {
      this.#usedFaults.add(served.faults);
      served.faults.attach(this);
    }
    // A stream that cannot be described is the camera's own failure.
    return this.#conversation.answer(request, served).catch((): Verdict => ({ status: 500 }));
  }

  #obey(verdict: Verdict, request: RtspRequest): void {
    if (verdict === 'cut') this.cut();
    else if (verdict === 'garbage') this.#socket.write(randomBytes(200));
    else if (verdict !== 'silence') this.#socket.write(writeResponse(verdict, request.cseq));
  }
}
