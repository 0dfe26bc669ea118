import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';

const HOST = '127.0.0.1';

/**
 * A network between a browser and the product that can be cut: HTTP and WebSockets pass through one TCP port, video through
 * one UDP port, which the SDP is changed to name. While it is cut datagrams are lost, and streams stand still and go on
 * afterwards, as TCP's do. The opener closes it.
 */
export class CuttableProxy {
  readonly url: string;
  readonly #target: URL;
  readonly #server: ReturnType<typeof createServer>;
  readonly #front: UdpSocket;
  /** One socket towards the relay for each address that sends from the browser. */
  readonly #backs = new Map<string, UdpSocket>();
  readonly #streams = new Set<Duplex>();
  readonly #held: (() => void)[] = [];
  #relayPort = 0;
  #isCut = false;

  private constructor(target: string, server: ReturnType<typeof createServer>, front: UdpSocket) {
    this.#target = new URL(target);
    this.#server = server;
    this.#front = front;
    this.url = `http://${HOST}:${String((server.address() as AddressInfo).port)}`;
    server.on('connection', (socket: Socket) => {
      this.#keep(socket);
    });
    server.on('request', (request, response) => {
      this.#pass(() => {
        this.#forward(request, response);
      });
    });
    server.on('upgrade', (request, socket, head) => {
      this.#pass(() => {
        this.#tunnel(request, socket, head);
      });
    });
    front.on('message', (datagram, { port }) => {
      if (!this.#isCut && this.#relayPort !== 0) this.#backOf(port).send(datagram, this.#relayPort, HOST);
    });
  }

  static async open(target: string): Promise<CuttableProxy> {
    const server = createServer();
    const front = createSocket('udp4');
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    await new Promise<void>((resolve) => {
      front.bind(0, HOST, resolve);
    });
    return new CuttableProxy(target, server, front);
  }

  cut(): void {
    this.#isCut = true;
    for (const stream of this.#streams) stream.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const stream of this.#streams) stream.resume();
    for (const go of this.#held.splice(0)) go();
  }

  async close(): Promise<void> {
    for (const stream of this.#streams) stream.destroy();
    for (const back of this.#backs.values()) back.close();
    this.#front.close();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #pass(go: () => void): void {
    if (this.#isCut) this.#held.push(go);
    else go();
  }

  #keep(stream: Duplex): void {
    this.#streams.add(stream);
    stream.on('close', () => this.#streams.delete(stream));
    stream.on('error', () => stream.destroy());
  }

  #forward(request: IncomingMessage, response: ServerResponse): void {
    const { method, url = '/', headers } = request;
    const isSignalling = url.startsWith('/whep/');
    const onward = httpRequest(new URL(url, this.#target), { method, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const body = Buffer.concat(parts);
        this.#pass(() => {
          const told = isSignalling ? Buffer.from(this.#readdressed(body.toString())) : body;
          // All of it at once now, whatever pieces it came in.
          const headers = new Headers(Object.entries(answer.headers).map(([name, value]) => [name, String(value)]));
          headers.delete('transfer-encoding');
          headers.set('content-length', String(told.length));
          response.writeHead(answer.statusCode ?? 502, [...headers].flat());
          response.end(told);
        });
      });
    });
    onward.on('error', () => response.destroy());
    request.pipe(onward);
  }

  /** Only one way to the relay is left: through here. */
  #readdressed(sdp: string): string {
    const { port } = this.#front.address();
    const lines = sdp.split('\r\n');
    const first = lines.findIndex((line) => /^a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 /i.test(line));
    if (first < 0) return sdp;
    this.#relayPort = Number(lines[first]?.split(' ')[5]);
    return lines
      .filter((line, index) => !line.startsWith('a=candidate:') || index === first)
      .map((line) =>
        line.startsWith('a=candidate:') ? line.replace(/ 127\.0\.0\.1 \d+ /, ` ${HOST} ${String(port)} `) : line,
      )
      .join('\r\n');
  }

  #tunnel(request: IncomingMessage, browser: Duplex, head: Buffer): void {
    const server = connect(Number(this.#target.port), this.#target.hostname);
    this.#keep(server);
    const lines = [`${request.method ?? 'GET'} ${request.url ?? '/'} HTTP/1.1`];
    for (let i = 0; i < request.rawHeaders.length; i += 2) {
      lines.push(`${request.rawHeaders[i] ?? ''}: ${request.rawHeaders[i + 1] ?? ''}`);
    }
    server.write(`${lines.join('\r\n')}\r\n\r\n`);
    server.write(head);
    server.on('data', (bytes: Buffer) => browser.write(bytes));
    browser.on('data', (bytes: Buffer) => server.write(bytes));
    server.on('close', () => browser.destroy());
    browser.on('close', () => server.destroy());
  }

  #backOf(browserPort: number): UdpSocket {
    const known = this.#backs.get(String(browserPort));
    if (known !== undefined) return known;
    const back = createSocket('udp4');
    back.on('message', (datagram) => {
      if (!this.#isCut) this.#front.send(datagram, browserPort, HOST);
    });
    // The relay's port is gone: that datagram is lost, as it would be on a network.
    back.on('error', () => undefined);
    this.#backs.set(String(browserPort), back);
    return back;
  }
}
