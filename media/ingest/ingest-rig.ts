import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { RtpPacket, SenderReport } from '../packet.ts';
import type { IngestOptions, IngestSession } from './ingest.port.ts';
import { openIngest } from './ingest.rtsp.ts';
import { openScriptedCamera, reply, type Answer, type Script, type ScriptedCamera } from './scripted-camera.ts';

const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Runs after the test, newest first. */
export function onFinished(cleanup: () => Promise<void> | void): void {
  cleanups.push(cleanup);
}

/** A scripted camera that is closed after the test. */
export async function camera(script: Script = {}): Promise<ScriptedCamera> {
  const opened = await openScriptedCamera(script);
  onFinished(() => opened.close());
  return opened;
}

export interface Opened {
  readonly session: IngestSession;
  readonly packets: RtpPacket[];
  readonly reports: SenderReport[];
}

/** A session that is closed after the test, and what it handed on. */
export async function open(url: string, changes: Partial<IngestOptions> = {}, signal?: AbortSignal): Promise<Opened> {
  const packets: RtpPacket[] = [];
  const reports: SenderReport[] = [];
  const options: IngestOptions = {
    url,
    credentials: null,
    connectTimeoutMs: 20_000,
    silenceMs: 5000,
    onPacket: (packet) => packets.push({ ...packet, payload: Buffer.from(packet.payload) }),
    onSenderReport: (report) => reports.push(report),
    ...changes,
  };
  const session = await openIngest(options, signal ?? new AbortController().signal);
  onFinished(() => {
    session.close();
  });
  return { session, packets, reports };
}

/** The error that opening ends with. */
export async function failure(url: string, changes: Partial<IngestOptions> = {}): Promise<AppError> {
  try {
    await open(url, changes);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('The session opened.');
}

export async function until(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await sleep(2);
}

/** Everything an error could show, causes included. */
export function everythingIn(error: AppError): string {
  const cause = error.cause instanceof Error ? `${error.cause.stack ?? ''}${JSON.stringify(error.cause)}` : '';
  return `${error.message}${error.stack ?? ''}${JSON.stringify(error.context)}${cause}`;
}

/** PLAY is answered with these bytes right behind it, in one piece. */
export function answerPlayWith(...media: Buffer[]): Answer {
  return (request, socket) => {
    socket.write(Buffer.concat([Buffer.from(reply(request, 200)), ...media]));
  };
}
