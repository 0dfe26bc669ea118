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
  /** Of all the relay's processes. */
  readonly cpuUsPerPacket: number | null;
  /** Of it, what the process costs that takes the packets in: ours in Node, or Janus itself. */
  readonly hostUsPerPacket: number | null;
  /** Cores, for all viewers together. */
  readonly cpuCores: number | null;
  readonly lossFrac: number | null;
  readonly receiversUsPerPacket: number | null;
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
    for (const viewers of plan.viewers)
      onRow({ relay, viewers, mbps, ...(await measureWith(viewers, opened, crowd, plan)) });
  } finally {
    await crowd.close();
    await source.close();
    await opened.close();
  }
}

type Figures = Omit<Row, 'relay' | 'viewers' | 'mbps'>;

async function measureWith(viewers: number, relay: RelayUnderTest, crowd: Crowd, plan: Plan): Promise<Figures> {
  try {
    await crowd.growTo(viewers, relay);
  } catch (error) {
    const nothing = { packetsPerS: null, cpuUsPerPacket: null, hostUsPerPacket: null, cpuCores: null };
    return { ...nothing, lossFrac: null, receiversUsPerPacket: null, why: String(error) };
  }
  await sleep(SETTLE_MS);
  const runs: Measured[] = [];
  for (let run = 0; run < plan.runs; run += 1) runs.push(await measureOnce(relay, crowd, plan.seconds * 1000));
  const middle = (of: (measured: Measured) => number, digits: number): number =>
    Number((runs.map(of).toSorted((a, b) => a - b)[Math.floor(runs.length / 2)] ?? 0).toFixed(digits));
  return {
    packetsPerS: middle(({ received, ms }) => (received * 1000) / ms, 0),
    cpuUsPerPacket: middle(({ relayMs, received }) => (relayMs * 1000) / received, 1),
    hostUsPerPacket: middle(({ hostMs, received }) => (hostMs * 1000) / received, 1),
    cpuCores: middle(({ relayMs, ms }) => relayMs / ms, 3),
    lossFrac: middle(({ received, lost }) => lost / (received + lost), 5),
    receiversUsPerPacket: middle(({ crowdMs, received }) => (crowdMs * 1000) / received, 1),
  };
}

interface Measured {
  readonly ms: number;
  readonly relayMs: number;
  readonly hostMs: number;
  readonly crowdMs: number;
  readonly received: number;
  readonly lost: number;
}

async function measureOnce(relay: RelayUnderTest, crowd: Crowd, ms: number): Promise<Measured> {
  const cpu = (): { relayMs: number; hostMs: number; crowdMs: number } => ({
    relayMs: processTree(relay.pid).reduce((sum, { pid }) => sum + cpuMsOf(pid), 0),
    hostMs: cpuMsOf(relay.pid),
    crowdMs: crowd.pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0),
  });
  await crowd.mark();
  const startedAtMs = performance.now();
  const before = cpu();
  await sleep(ms);
  const after = cpu();
  const tookMs = performance.now() - startedAtMs;
  const tallies = await crowd.tallies();
  return {
    ms: tookMs,
    relayMs: after.relayMs - before.relayMs,
    hostMs: after.hostMs - before.hostMs,
    crowdMs: after.crowdMs - before.crowdMs,
    received: tallies.reduce((sum, { received }) => sum + received, 0),
    lost: tallies.reduce((sum, { lost }) => sum + lost, 0),
  };
}

function open(relay: RelayName, { address, janus }: Plan): Promise<RelayUnderTest> {
  if (relay === 'mediasoup' || relay === 'werift') return openOwnRelay(relay, address);
  if (janus === null) throw new Error('janus is in no plan without its installation');
  return openJanus(janus, address, relay === 'janus' ? null : 2);
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
