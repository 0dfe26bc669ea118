import type { Socket } from 'node:net';
import type { AppError } from '#protocol/errors.ts';
import { toAppError } from '#protocol/errors.ts';
import { ingestError } from './ingest-errors.ts';
import { IntakeLimit } from './intake-limit.ts';
import type { RtspAuthenticator } from './rtsp.auth.ts';
import { firstHeader } from './rtsp-head.ts';
import type { CameraSocket } from './rtsp.socket.ts';
import {
  formatInterleaved,
  formatNotImplemented,
  formatRequest,
  RtspReader,
  type InterleavedFrame,
  type RtspMessage,
  type RtspRequest,
  type RtspResponse,
} from './rtsp-message.ts';

const USER_AGENT = 'Footfall';
/** A camera that stops reading must not make us buffer: what is optional is left out beyond this. */
const MAX_UNSENT_BYTES = 64 * 1024;
/** The first challenge and one renewed nonce; a camera that asks for more is playing games. */
const MAX_ATTEMPTS = 3;
/** How long TEARDOWN may take to leave before the socket is torn down regardless. */
const FAREWELL_MS = 250;

export type Headers = readonly (readonly [string, string])[];

interface Pending {
  readonly method: string;
  readonly resolve: (response: RtspResponse) => void;
  readonly reject: (error: AppError) => void;
}

/**
 * Requests and answers on one connected socket, which it owns, with media in between. Ends once, with the first thing
 * that goes wrong: every pending request then rejects with that, and nothing is handed on any more.
 */
export class RtspConnection {
  readonly #socket: Socket;
  readonly #authenticator: RtspAuthenticator;
  readonly #onFrame: (frame: InterleavedFrame) => void;
  readonly #onEnd: (error: AppError | null) => void;
  readonly #reader: RtspReader;
  readonly #intake = new IntakeLimit();
  readonly #pending = new Map<number, Pending>();
  #sequence = 0;
  #hasEnded = false;
  /** From SETUP's answer; sent with every request after it. */
  sessionId: string | null = null;

  constructor(
    opened: CameraSocket,
    authenticator: RtspAuthenticator,
    onFrame: (frame: InterleavedFrame) => void,
    onEnd: (error: AppError | null) => void,
  ) {
    const { socket } = opened;
    this.#socket = socket;
    this.#authenticator = authenticator;
    this.#onFrame = onFrame;
    this.#onEnd = onEnd;
    this.#reader = new RtspReader((message) => {
      this.#receive(message);
    });
    opened.read((chunk) => {
      this.#read(chunk);
    });
    socket.on('end', () => {
      this.end(ingestError.closedConnection('The camera closed the connection.'));
    });
    socket.on('error', (error) => {
      this.end(ingestError.closedConnection('The connection to the camera broke. Check the network between.', error));
    });
    socket.on('close', () => {
      this.end(ingestError.closedConnection('The camera closed the connection.'));
    });
  }

  /**
   * Sends a request and, when the camera asks for a login that can be answered, once more. Resolves with any status but
   * 401, which becomes camera.refused-login.
   */
  async request(method: string, url: string, headers: Headers = []): Promise<RtspResponse> {
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const response = await this.#exchange(method, url, headers);
      if (response.status !== 401) {
        this.#authenticator.accepted();
        return response;
      }
      if (!this.#authenticator.challenged(response.headers.get('www-authenticate') ?? [])) break;
    }
    throw ingestError.refusedLogin(this.#authenticator.hasCredentials);
  }

  /** The method whose answer was waited for longest; null when none is outstanding. */
  get awaited(): string | null {
    const [oldest] = this.#pending.values();
    return oldest?.method ?? null;
  }

  /** Gives up on answers that have not come; their requests reject with `aborted`. */
  abandonPending(): void {
    for (const pending of this.#pending.values()) pending.reject(ingestError.aborted());
    this.#pending.clear();
  }

  /** Dropped when the camera does not read. */
  sendFrame(channel: number, payload: Buffer): void {
    this.#writeOptional(formatInterleaved(channel, payload));
  }

  /** Stops everything at once. With a URL the camera is told by TEARDOWN, so that it frees the session. */
  close(teardownUrl: string | null): void {
    if (this.#hasEnded) return;
    const farewell = teardownUrl === null ? null : this.#format('TEARDOWN', teardownUrl, []).bytes;
    this.#finish(null, farewell);
  }

  /** Ends with an error; later calls do nothing. */
  end(error: AppError): void {
    if (!this.#hasEnded) this.#finish(error, null);
  }

  #finish(error: AppError | null, farewell: Buffer | null): void {
    this.#hasEnded = true;
    if (farewell === null || !this.#canWrite()) this.#socket.destroy();
    else sayFarewell(this.#socket, farewell);
    for (const pending of this.#pending.values()) pending.reject(error ?? ingestError.aborted());
    this.#pending.clear();
    this.#onEnd(error);
  }

  async #exchange(method: string, url: string, headers: Headers): Promise<RtspResponse> {
    if (this.#hasEnded) throw ingestError.closedConnection('The connection to the camera is closed.');
    if (!this.#canWrite()) throw ingestError.closedConnection('The camera stopped reading what it is sent.');
    const { sequence, bytes } = this.#format(method, url, headers);
    return new Promise((resolve, reject) => {
      this.#pending.set(sequence, { method, resolve, reject });
      this.#socket.write(bytes);
    });
  }

  #format(method: string, url: string, headers: Headers): { sequence: number; bytes: Buffer } {
    const sequence = (this.#sequence += 1);
    const authorization = this.#authenticator.authorization(method, url);
    const bytes = formatRequest(method, url, [
      ['CSeq', String(sequence)],
      ['User-Agent', USER_AGENT],
      ...(authorization === null ? [] : [['Authorization', authorization] as const]),
      ...(this.sessionId === null ? [] : [['Session', this.sessionId] as const]),
      ...headers,
    ]);
    return { sequence, bytes };
  }

  #read(chunk: Buffer): void {
    if (this.#hasEnded) return;
    try {
      this.#intake.took('bytes', chunk.length);
      this.#reader.push(chunk);
    } catch (error) {
      this.end(toAppError(error));
    }
  }

  #receive(message: RtspMessage): void {
    if (this.#hasEnded) return; // The rest of a chunk whose first part ended the connection.
    this.#intake.took(message.kind === 'interleaved' ? 'frames' : 'texts', 1);
    if (message.kind === 'interleaved') this.#onFrame(message);
    else if (message.kind === 'response') this.#settle(message);
    else this.#refuse(message);
  }

  /** An answer without CSeq, as some cameras send, belongs to the oldest request; one to no request is ignored. */
  #settle(response: RtspResponse): void {
    const stated = firstHeader(response.headers, 'cseq');
    const sequence = stated === null ? this.#pending.keys().next().value : Number(stated);
    if (sequence === undefined) return;
    const pending = this.#pending.get(sequence);
    this.#pending.delete(sequence);
    pending?.resolve(response);
  }

  #refuse(request: RtspRequest): void {
    this.#writeOptional(formatNotImplemented(firstHeader(request.headers, 'cseq') ?? ''));
  }

  #writeOptional(bytes: Buffer): void {
    if (!this.#hasEnded && this.#canWrite()) this.#socket.write(bytes);
  }

  #canWrite(): boolean {
    return this.#socket.writable && this.#socket.writableLength < MAX_UNSENT_BYTES;
  }
}

/**
 * Lets the last request leave, then frees the socket, at the latest after 250 ms. Media that still arrives is read and
 * thrown away: closing with unread bytes would reset the connection and could take TEARDOWN with it.
 */
function sayFarewell(socket: Socket, request: Buffer): void {
  const timer = setTimeout(() => socket.destroy(), FAREWELL_MS);
  timer.unref();
  socket.once('close', () => {
    clearTimeout(timer);
  });
  socket.resume();
  socket.end(request);
}
