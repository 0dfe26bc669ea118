import { cpuMsOf } from '../cameras/process-cpu.ts';
import { processTree } from '../churn/process-figures.ts';
import { ChildCalls } from './child-calls.ts';
import { Crowd } from './crowd.ts';
import { openJanus, type JanusInstallation } from './janus.ts';
import { openOwnRelay } from './own-relay.ts';
import type { RelayName, RelayUnderTest } from './relay-under-test.ts';
import type { RtpSource } from './rtp-source.process.ts';

const SETTLE_MS = 2_000;

export interface Plan {
  readonly relays: readonly RelayName[];
  /** Mbit/s. */
  readonly rates: readonly number[];
  /** Ascending. */
  readonly viewers: readonly number[];
  readonly seconds: number;
  readonly runs: number;
  readonly address: string;
  /** null: it is not in the plan. */
  readonly janus: JanusInstallation | null;
}

/** Medians of the runs; null where the relay could not serve so many, with the reason. */
export interface Row {
  readonly relay: RelayName;
  readonly viewers: number;
  readonly mbps: number;
  readonly packetsPerS: number | null;
  /** Of all the relay's processes, less what taking the packets in costs them when nobody watches. */
  readonly cpuUsPerPacket: number | null;
  /** Of it, what is spent in the process that takes the packets in: ours in Node, or Janus itself. */
  readonly hostUsPerPacket: number | null;
  /** Cores, with everything. */
  readonly cpuCores: number | null;
  /** By the gaps in the receivers' sequence numbers. */
  readonly lossFrac: number | null;
  /** Of the packets sent to the relay, times its viewers: less than 1 where it left some out without a gap. */
  readonly deliveredFrac: number | null;
  readonly receiversUsPerPacket: number | null;
  readonly srtp: string | null;
  readonly why?: string;
}

/** One relay at one rate, with more and more viewers. */
export async function measureRelay(
  relay: RelayName,
  mbps: number,
  plan: Plan,
  onRow: (row: Row) => void,
): Promise<void> {
  const opened = await open(relay, plan);
  const source = new ChildCalls<RtpSource>(new URL('rtp-source.process.ts', import.meta.url));
  const crowd = new Crowd();
  try {
    await source.call('start', { address: plan.address, port: opened.rtpPort, mbps });
    await sleep(SETTLE_MS);
    const idle = await cpuOver(opened, crowd, plan.seconds * 1000);
    for (const viewers of plan.viewers)
      onRow({ relay, viewers, mbps, ...(await measureWith(viewers, { relay: opened, source, crowd, idle }, plan)) });
  } finally {
    await crowd.close();
    await source.close();
    await opened.close();
  }
}

type Figures = Omit<Row, 'relay' | 'viewers' | 'mbps'>;

interface Setup {
  readonly relay: RelayUnderTest;
  readonly source: ChildCalls<RtpSource>;
  readonly crowd: Crowd;
  /** Without viewers. */
  readonly idle: Cpu;
}

async function measureWith(viewers: number, setup: Setup, plan: Plan): Promise<Figures> {
  try {
    await setup.crowd.growTo(viewers, setup.relay);
  } catch (error) {
    const nothing = { packetsPerS: null, cpuUsPerPacket: null, hostUsPerPacket: null, cpuCores: null };
    return {
      ...nothing,
      lossFrac: null,
      deliveredFrac: null,
      receiversUsPerPacket: null,
      srtp: null,
      why: String(error),
    };
  }
  await sleep(SETTLE_MS);
  const runs: Measured[] = [];
  for (let run = 0; run < plan.runs; run += 1) runs.push(await measureOnce(setup, plan.seconds * 1000));
  const middle = (of: (measured: Measured) => number, digits: number): number =>
    Number((runs.map(of).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0).toFixed(digits));
  return {
    packetsPerS: middle(({ received, ms }) => (received * 1000) / ms, 0),
    cpuUsPerPacket: middle(({ relay, ms, received }) => ((relay - setup.idle.relay) * ms * 1000) / received, 1),
    hostUsPerPacket: middle(({ host, ms, received }) => ((host - setup.idle.host) * ms * 1000) / received, 1),
    cpuCores: middle(({ relay }) => relay, 3),
    lossFrac: middle(({ received, lost }) => lost / (received + lost), 5),
    deliveredFrac: middle(({ received, sent }) => received / (sent * viewers), 3),
    receiversUsPerPacket: middle(({ receivers, ms, received }) => (receivers * ms * 1000) / received, 1),
    srtp: await setup.crowd.cipher(),
  };
}

/** In cores. */
interface Cpu {
  readonly relay: number;
  readonly host: number;
  readonly receivers: number;
}

interface Measured extends Cpu {
  readonly ms: number;
  readonly received: number;
  readonly lost: number;
  /** To the relay. */
  readonly sent: number;
}

async function measureOnce({ relay, source, crowd }: Setup, ms: number): Promise<Measured> {
  await crowd.mark();
  const startedAtMs = performance.now();
  const sentBefore = await source.call('sent', undefined);
  const cpu = await cpuOver(relay, crowd, ms);
  const sent = (await source.call('sent', undefined)) - sentBefore;
  const tallies = await crowd.tallies();
  return {
    ...cpu,
    ms: performance.now() - startedAtMs,
    received: tallies.reduce((sum, { received }) => sum + received, 0),
    lost: tallies.reduce((sum, { lost }) => sum + lost, 0),
    sent,
  };
}

async function cpuOver(relay: RelayUnderTest, crowd: Crowd, ms: number): Promise<Cpu> {
  const usedMs = (): Cpu => ({
    relay: processTree(relay.pid).reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
    host: cpuMsOf(relay.pid),
    receivers: crowd.pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0),
  });
  const before = usedMs();
  const startedAtMs = performance.now();
  await sleep(ms);
  const after = usedMs();
  const tookMs = performance.now() - startedAtMs;
  return {
    relay: (after.relay - before.relay) / tookMs,
    host: (after.host - before.host) / tookMs,
    receivers: (after.receivers - before.receivers) / tookMs,
  };
}

function open(relay: RelayName, { address, janus }: Plan): Promise<RelayUnderTest> {
  switch (relay) {
    case 'mediasoup':
    case 'werift':
      return openOwnRelay({ kind: relay, address, cachesGop: false });
    case 'mediasoup, cached GOP':
      return openOwnRelay({ kind: 'mediasoup', address, cachesGop: true });
    case 'janus':
    case 'janus, event_loops=2':
      return openInstalledJanus(janus, address, relay === 'janus' ? null : 2);
  }
}

function openInstalledJanus(
  janus: JanusInstallation | null,
  address: string,
  eventLoops: number | null,
): Promise<RelayUnderTest> {
  if (janus === null) throw new Error('janus is in no plan without its installation');
  return openJanus(janus, address, eventLoops);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
