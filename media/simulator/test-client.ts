import { connect, type Socket } from 'node:net';

export interface TestResponse {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

export interface ReceivedRtp {
  readonly marker: boolean;
  readonly sequenceNumber: number;
  readonly rtpTimestamp: number;
  readonly ssrc: number;
  readonly payload: Buffer;
  /** `performance.now()`. */
  readonly atMs: number;
}

export interface ReceivedReport {
  readonly ssrc: number;
  readonly wallMs: number;
  readonly rtpTimestamp: number;
}

/** A bare RTSP client for tests, written apart from the server and from the product's ingest so that no mistake is shared. */
export class TestClient {
  readonly rtp: ReceivedRtp[] = [];
  readonly reports: ReceivedReport[] = [];
  receivedBytes = 0;
  isClosed = false;
  readonly #socket: Socket;
  #pending = Buffer.alloc(0);
  #cseq = 0;
  #waiting: ((response: TestResponse) => void)[] = [];

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#read(chunk);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => (this.isClosed = true));
  }

  static open(port: number): Promise<TestClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1', () => {
        resolve(new TestClient(socket));
      });
      socket.once('error', reject);
    });
  }

  /** Never settles when no answer comes. */
  request(method: string, uri: string, headers: Record<string, string> = {}, body = ''): Promise<TestResponse> {
    const all = { CSeq: String(++this.#cseq), ...headers, ...(body === '' ? {} : { 'Content-Length': body.length }) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${String(value)}`);
    return this.send(`${[`${method} ${uri} RTSP/1.0`, ...lines].join('\r\n')}\r\n\r\n${body}`);
  }

  send(bytes: string | Buffer): Promise<TestResponse> {
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      this.#socket.write(bytes);
    });
  }

  /** DESCRIBE, SETUP, PLAY; gives PLAY's answer. */
  async play(uri: string, headers: Record<string, string> = {}): Promise<TestResponse> {
    const described = await this.request('DESCRIBE', uri, headers);
    if (described.status !== 200) return described;
    const base = described.headers.get('content-base') ?? '';
    const track = `${base}${/a=control:(trackID\S*)/.exec(described.body)?.[1] ?? ''}`;
    const setUp = await this.request('SETUP', track, { ...headers, Transport: 'RTP/AVP/TCP;unicast;interleaved=0-1' });
    const session = (setUp.headers.get('session') ?? '').split(';')[0] ?? '';
    return this.request('PLAY', base, { ...headers, Session: session });
  }

  /** RTP times in order of arrival, one a picture. */
  pictureTimes(): number[] {
    return this.rtp.filter((packet) => packet.marker).map((packet) => packet.rtpTimestamp);
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(chunk: Buffer): void {
    this.receivedBytes += chunk.length;
    this.#pending = Buffer.concat([this.#pending, chunk]);
    for (;;) {
      const bytes = this.#pending[0] === 0x24 ? this.#readInterleaved() : this.#readResponse();
      if (bytes === 0) return;
      this.#pending = this.#pending.subarray(bytes);
    }
  }

  #readInterleaved(): number {
    if (this.#pending.length < 4) return 0;
    const end = 4 + this.#pending.readUInt16BE(2);
    if (this.#pending.length < end) return 0;
    const packet = Buffer.from(this.#pending.subarray(4, end));
    if (this.#pending[1] === 0) {
      this.rtp.push({
        marker: packet.readUInt8(1) >= 0x80,
        sequenceNumber: packet.readUInt16BE(2),
        rtpTimestamp: packet.readUInt32BE(4),
        ssrc: packet.readUInt32BE(8),
        payload: packet.subarray(12),
        atMs: performance.now(),
      });
    } else if (packet[1] === 200) {
      this.reports.push({
        ssrc: packet.readUInt32BE(4),
        wallMs: (packet.readUInt32BE(8) - 2_208_988_800) * 1000 + (packet.readUInt32BE(12) / 2 ** 32) * 1000,
        rtpTimestamp: packet.readUInt32BE(16),
      });
    }
    return end;
  }

  #readResponse(): number {
    const headEnd = this.#pending.indexOf('\r\n\r\n');
    if (headEnd === -1) return 0;
    const [statusLine = '', ...lines] = this.#pending.toString('latin1', 0, headEnd).split('\r\n');
    const headers = new Map(
      lines.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
    );
    const bodyBytes = Number(headers.get('content-length') ?? 0);
    const end = headEnd + 4 + bodyBytes;
    if (this.#pending.length < end) return 0;
    const body = this.#pending.toString('utf8', headEnd + 4, end);
    this.#waiting.shift()?.({ status: Number(statusLine.split(' ')[1]), headers, body });
    return end;
  }
}
