/**
 * A decoding thread, shared by many cameras: each in its turn decodes one access unit. Before each turn everything that
 * waits on the port is taken in, so that a camera that is late can skip to a key frame.
 */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { DecodeChannel, type ChannelOutlet } from './decode-channel.ts';
import type { Channel, DecodeThreadData, ThreadReply, ThreadRequest } from './decoder-messages.ts';

if (parentPort === null) throw new Error('decoder-thread.ts runs as a worker thread only');
const port = parentPort;
const { taken } = workerData as DecodeThreadData;
/** In order of turn. */
const channels = new Map<Channel, DecodeChannel>();

port.on('message', (request: ThreadRequest) => {
  accept(request);
  acceptWaiting();
  for (let next = nextReady(); next !== null; next = nextReady()) {
    const [channel, decoding] = next;
    attempt(channel, () => {
      decoding.step();
    });
    acceptWaiting();
  }
});

function acceptWaiting(): void {
  for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) {
    accept(next.message as ThreadRequest);
  }
}

/** The next in turn that has something to decode; its next turn comes after all others'. */
function nextReady(): [Channel, DecodeChannel] | null {
  for (const [channel, decoding] of channels) {
    if (!decoding.isReady) continue;
    channels.delete(channel);
    channels.set(channel, decoding);
    return [channel, decoding];
  }
  return null;
}

function accept(request: ThreadRequest): void {
  Atomics.add(taken, 0, 1);
  if (request.kind === 'leave') process.exit(0); // Ends this thread only.
  const { channel } = request;
  attempt(channel, () => {
    if (request.kind === 'open') {
      channels.set(channel, new DecodeChannel(request.options, outletOf(channel)));
      reply({ kind: 'opened', channel }, null);
      return;
    }
    const decoding = channels.get(channel);
    if (decoding !== undefined) serve(request, decoding);
  });
}

function outletOf(channel: Channel): ChannelOutlet {
  return {
    onFrame: (frame) => {
      reply({ kind: 'frame', channel, frame }, null);
    },
    onStill: (picture) => {
      reply({ kind: 'still', channel, picture }, null);
    },
    onLook: (look) => {
      reply({ kind: 'look', channel, look }, null);
    },
    onTraits: (traits) => {
      reply({ kind: 'traits', channel, traits }, traits.edges);
    },
  };
}

function serve(request: Exclude<ThreadRequest, { kind: 'leave' | 'open' }>, decoding: DecodeChannel): void {
  switch (request.kind) {
    case 'unit':
      decoding.accept(request.unit);
      break;
    case 'reshape':
      decoding.reshape(request.shape);
      break;
    case 'attend':
      decoding.attend(request.attention);
      break;
    case 'frame-taken':
      decoding.frameTaken();
      break;
    case 'poster': {
      const { channel, id } = request;
      const jpeg = decoding.jpeg(request.maxWidthPx);
      reply({ kind: 'poster', channel, id, jpeg }, jpeg);
      break;
    }
    case 'close':
      channels.delete(request.channel);
      decoding.close();
  }
}

/** One camera's decoder failing is its own affair: the others' go on. */
function attempt(channel: Channel, work: () => void): void {
  try {
    work();
  } catch (error) {
    const decoding = channels.get(channel);
    channels.delete(channel);
    decoding?.close();
    reply({ kind: 'failed', channel, message: error instanceof Error ? error.message : String(error) }, null);
  }
}

function reply(message: ThreadReply, moved: Uint8Array<ArrayBuffer> | Int8Array<ArrayBuffer> | null): void {
  port.postMessage(message, moved === null ? [] : [moved.buffer]);
}
