/**
 * The decoder's thread: access units in, frames in the detector's shape out. It looks at everything that waits on its
 * port before each unit, so it can skip to a key frame when it is late, and keeps the newest picture only.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { COUNTER } from './decoder-messages.ts';
import type { DecoderReply, DecoderRequest, DecoderThreadData } from './decoder-messages.ts';
import { PictureDecoder } from './h264.nodeav.ts';
import { FrameSampler } from './sampler.ts';
import { UnitQueue } from './unit-queue.ts';

/** This many refused or faulty units in a row: the references are worthless, start again at a key frame. */
const FAULTS_BEFORE_SKIP = 10;
/** Arrival times kept for units inside the decoder; it never holds back more than 16 pictures (H.264 A.3.1). */
const ARRIVALS_KEPT = 32;

if (parentPort === null) throw new Error('decoder-thread.ts runs as a worker thread only');
const port = parentPort;
const { maxFps, counters, ...initial } = workerData as DecoderThreadData;
const decoder = new PictureDecoder();
const sampler = new FrameSampler(maxFps);
const queue = new UnitQueue<Extract<DecoderRequest, { kind: 'unit' }>>({
  catchUpUnits: 15,
  maxUnits: 150,
  maxBytes: 16 * 1024 * 1024,
});
const arrivals = new Map<number, number>();
let shape = initial.shape;
let faultsInARow = 0;
/** What the decoder was started with, and whether a fault since then casts doubt on what it learned. */
let parameterSets: Uint8Array = new Uint8Array();
let isInDoubt = false;
/** One frame may be on its way; until it is taken, newer ones replace each other here. */
let isFrameAway = false;
let isFrameWaiting = false;
let newest = { ticks90k: 0, receivedAtMs: 0 };

port.on('message', (request: DecoderRequest) => {
  accept(request);
  acceptWaiting();
  for (let unit = queue.shift(); unit !== undefined; unit = queue.shift()) {
    decode(unit);
    acceptWaiting();
  }
});

function acceptWaiting(): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    accept(next.message as DecoderRequest);
  }
}

function accept(request: DecoderRequest): void {
  switch (request.kind) {
    case 'unit':
      Atomics.add(counters, COUNTER.taken, 1);
      Atomics.add(counters, COUNTER.dropped, queue.push(request));
      break;
    case 'reshape':
      shape = request.shape;
      break;
    case 'frame-taken':
      isFrameAway = false;
      handOn();
      break;
    case 'poster':
      reply({ kind: 'poster', id: request.id, jpeg: decoder.jpeg(request.maxWidthPx) });
      break;
    case 'close':
      decoder.close();
      process.exit(0); // Ends this thread only.
  }
}

function decode(unit: Extract<DecoderRequest, { kind: 'unit' }>): void {
  arrivals.set(unit.ticks90k, unit.receivedAtMs);
  if (unit.isKeyFrame && (isInDoubt || Buffer.compare(parameterSets, unit.parameterSets) !== 0)) {
    decoder.restart();
    parameterSets = unit.parameterSets;
    isInDoubt = false;
  }
  const isClean = decoder.decode(unit.data, unit.ticks90k, (ticks90k) => {
    Atomics.add(counters, COUNTER.decoded, 1);
    newest = { ticks90k, receivedAtMs: arrivals.get(ticks90k) ?? unit.receivedAtMs };
    if (!sampler.wants(ticks90k)) return;
    if (isFrameWaiting) Atomics.add(counters, COUNTER.dropped, 1);
    isFrameWaiting = true;
    handOn();
  });
  forgetArrivals();
  if (isClean) {
    faultsInARow = 0;
    return;
  }
  Atomics.add(counters, COUNTER.errors, 1);
  isInDoubt = true;
  faultsInARow += 1;
  if (faultsInARow < FAULTS_BEFORE_SKIP) return;
  faultsInARow = 0;
  Atomics.add(counters, COUNTER.dropped, queue.skipToKeyFrame());
}

function handOn(): void {
  if (isFrameAway || !isFrameWaiting) return;
  const picture = decoder.rgb(shape);
  if (picture === null) return;
  isFrameWaiting = false;
  isFrameAway = true;
  reply({ kind: 'frame', frame: { ...picture, widthPx: shape.widthPx, heightPx: shape.heightPx, ...newest } });
}

function forgetArrivals(): void {
  for (const ticks90k of arrivals.keys()) {
    if (arrivals.size <= ARRIVALS_KEPT) return;
    arrivals.delete(ticks90k);
  }
}

function reply(message: DecoderReply): void {
  const bytes = message.kind === 'frame' ? message.frame.rgb : message.jpeg;
  port.postMessage(message, bytes === null ? [] : [bytes.buffer]);
}
