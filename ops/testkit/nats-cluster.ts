import { cpSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Child } from '#ops/start/child.ts';
import { findNatsServer, startNats, type NatsOptions } from '#ops/start/nats.ts';
import { freePort } from '#ops/start/tcp.ts';
import { readEnv } from '#ops/runtime/env.ts';

const NODES = 3;
const READY_LIMIT_MS = 60_000;
const LOOK_EVERY_MS = 100;

/** Three nats-servers that are one JetStream cluster on this machine. They die with this process. */
export class TestNatsCluster {
  readonly folder: string;
  readonly user = 'footfall';
  readonly passwordFile: string;
  readonly nodes: readonly TestNatsNode[];

  private constructor(folder: string, passwordFile: string, nodes: readonly TestNatsNode[]) {
    this.folder = folder;
    this.passwordFile = passwordFile;
    this.nodes = nodes;
  }

  /** Resolves when the cluster can make streams. */
  static async open(): Promise<TestNatsCluster> {
    const folder = mkdtempSync(join(tmpdir(), 'footfall-cluster-'));
    const passwordFile = join(folder, 'password');
    writeFileSync(passwordFile, 'not a secret', { mode: 0o600 });
    const binary = findNatsServer(readEnv().natsServerBin, readEnv().path);
    const parts: { name: string; port: number; routes: number; monitor: number }[] = [];
    for (let i = 1; i <= NODES; i += 1) {
      parts.push({
        name: `node-${String(i)}`,
        port: await freePort(),
        routes: await freePort(),
        monitor: await freePort(),
      });
    }
    const nodes = parts.map(
      ({ name, port, routes, monitor }) =>
        new TestNatsNode({
          binary,
          dataDir: join(folder, name),
          logFile: join(folder, `${name}.log`),
          port,
          user: 'footfall',
          passwordFile,
          monitorPort: monitor,
          cluster: {
            serverName: name,
            port: routes,
            routes: parts.filter((other) => other.name !== name).map((other) => other.routes),
          },
        }),
    );
    const cluster = new TestNatsCluster(folder, passwordFile, nodes);
    await cluster.start();
    await cluster.untilLed();
    return cluster;
  }

  /** All nodes, as NATS_URL takes them. */
  get url(): string {
    return this.nodes.map(({ url }) => url).join(',');
  }

  node(name: string): TestNatsNode {
    const found = this.nodes.find((each) => each.name === name);
    if (found === undefined) throw new Error(`the cluster has no ${name}`);
    return found;
  }

  /** The node that decides what streams there are; null: none for now. */
  metaLeader(): Promise<TestNatsNode | null> {
    return this.#ledBy(({ meta_cluster: meta }) => meta?.leader);
  }

  /** The node that takes a stream's messages; null: none for now, or there is no such stream. */
  leaderOf(stream: string): Promise<TestNatsNode | null> {
    return this.#ledBy(({ account_details: accounts }) => {
      const streams = (accounts ?? []).flatMap(({ stream_detail: details }) => details ?? []);
      return streams.find(({ name }) => name === stream)?.cluster?.leader;
    });
  }

  /** All nodes answer, have caught up and agree on a leader. */
  async untilLed(): Promise<void> {
    const deadline = performance.now() + READY_LIMIT_MS;
    for (;;) {
      const seen = await Promise.all(this.nodes.map((node) => node.jetStream()));
      const leaders = new Set(seen.map((each) => each?.meta_cluster?.leader ?? ''));
      const areAllThere = seen.every((each) => each?.meta_cluster?.cluster_size === NODES);
      const areCurrent = (await Promise.all(this.nodes.map((node) => node.isCurrent()))).every(Boolean);
      if (areAllThere && areCurrent && leaders.size === 1 && !leaders.has('')) return;
      if (performance.now() > deadline) throw new Error(`the NATS cluster found no leader: see ${this.folder}`);
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** All nodes that do not run. */
  async start(): Promise<void> {
    await Promise.all(this.nodes.filter(({ running }) => !running).map((node) => node.start()));
  }

  /** kill -9 of all nodes. */
  async kill(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.kill()));
  }

  /** Only while none runs: copies their stores aside, and puts those copies back. */
  saveStores(): void {
    for (const { store } of this.nodes) {
      rmSync(`${store}.saved`, { recursive: true, force: true });
      cpSync(store, `${store}.saved`, { recursive: true });
    }
  }

  restoreStores(): void {
    for (const { store } of this.nodes) {
      rmSync(store, { recursive: true, force: true });
      renameSync(`${store}.saved`, store);
    }
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** A node that was cut off goes on naming whom it last followed: what most say that know of it counts. */
  async #ledBy(leaderIn: (seen: JetStreamSeen) => string | undefined): Promise<TestNatsNode | null> {
    const seen = await Promise.all(this.nodes.map((node) => node.jetStream()));
    const votes = seen.flatMap((each) => (each === null ? [] : (leaderIn(each) ?? [])));
    return this.nodes.find(({ name }) => votes.filter((vote) => vote === name).length > votes.length / 2) ?? null;
  }
}

/** What `/jsz` says, as far as it is read here. */
interface JetStreamSeen {
  readonly meta_cluster?: { readonly leader?: string; readonly cluster_size?: number };
  readonly account_details?: readonly {
    readonly stream_detail?: readonly { readonly name: string; readonly cluster?: StreamCluster }[];
  }[];
}

interface StreamCluster {
  readonly leader?: string;
  /** The others that hold it. */
  readonly replicas?: readonly unknown[];
}

/** One server of the cluster, with a store of its own. */
export class TestNatsNode {
  readonly name: string;
  readonly port: number;
  readonly url: string;
  /** Folder of its streams. */
  readonly store: string;
  readonly #options: NatsOptions;
  readonly #monitor: string;
  #child: Child | null = null;

  constructor(options: NatsOptions) {
    this.#options = options;
    this.name = options.cluster?.serverName ?? '';
    this.port = options.port;
    this.store = join(options.dataDir, 'store');
    this.url = `nats://127.0.0.1:${String(options.port)}`;
    this.#monitor = `http://127.0.0.1:${String(options.monitorPort)}`;
  }

  get running(): boolean {
    return this.#child?.running ?? false;
  }

  /** Same ports, same store. Resolves when it greets; it may still be catching up. */
  async start(): Promise<void> {
    this.#child = await startNats(this.#options);
  }

  /** kill -9. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  async stop(): Promise<void> {
    await this.#child?.stop(5_000);
  }

  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    if (this.#child?.running === true) process.kill(this.#child.pid, signal);
  }

  /** It holds what its streams' leaders hold. */
  async isCurrent(): Promise<boolean> {
    try {
      return (await fetch(`${this.#monitor}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok;
    } catch {
      return false;
    }
  }

  /** null: it does not answer. */
  async jetStream(): Promise<JetStreamSeen | null> {
    try {
      const response = await fetch(`${this.#monitor}/jsz?streams=true`, { signal: AbortSignal.timeout(1_000) });
      return (await response.json()) as JetStreamSeen;
    } catch {
      return null;
    }
  }
}
