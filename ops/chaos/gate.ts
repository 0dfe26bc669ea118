import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

const HOST = '127.0.0.1';

/**
 * A TCP port that leads to another one and can be cut, as a network is: what is under way stands still, nobody is told, and
 * after mending it goes on. The opener closes it.
 */
export class Gate {
  readonly port: number;
  readonly #targetPort: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #held: (() => void)[] = [];
  #isCut = false;

  private constructor(server: Server, targetPort: number) {
    this.#server = server;
    this.#targetPort = targetPort;
    this.port = (server.address() as AddressInfo).port;
    server.on('connection', (client) => {
      this.#keep(client);
      if (this.#isCut) this.#held.push(() => this.#lead(client));
      else this.#lead(client);
    });
  }

  static async open(targetPort: number): Promise<Gate> {
    const server = createServer({ pauseOnConnect: true });
    await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
    return new Gate(server, targetPort);
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) socket.resume();
    for (const lead of this.#held.splice(0)) lead();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #lead(client: Socket): void {
    if (client.destroyed) return;
    const target = connect(this.#targetPort, HOST);
    this.#keep(target);
    this.#join(client, target);
    this.#join(target, client);
    if (this.#isCut) return;
    client.resume();
  }

  /** By hand: a pipe would resume what was cut. Few bytes come while the other side is slow; none are dropped. */
  #join(from: Socket, to: Socket): void {
    from.on('data', (bytes: Buffer) => {
      if (to.write(bytes)) return;
      from.pause();
      to.once('drain', () => {
        if (!this.#isCut) from.resume();
      });
    });
    from.on('close', () => to.destroy());
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }
}
