import { createSocket } from 'node:dgram';
import { openRelay } from '#media/relay/choose.ts';
import { beginsKeyFrame } from '#media/relay/key-frame.ts';
import type { RelayCamera, RelayPacket } from '#media/relay/relay.port.ts';
import { readEnv } from '#ops/runtime/env.ts';
import { openLog } from '#ops/runtime/log.ts';
import { mediasoupWorkerBin } from '#ops/runtime/paths.ts';
import { answerParent } from './child-calls.ts';

const RTP_HEADER_BYTES = 12;
const RECEIVE_BUFFER_BYTES = 4 * 1024 * 1024;
const MAX_VIEWERS = 1_000;

let camera: RelayCamera | null = null;
let gop: RelayPacket[] = [];

export interface RelayChoice {
  readonly kind: 'mediasoup' | 'werift';
  readonly address: string;
  /** Whether newcomers find pictures since the last key frame. */
  readonly cachesGop: boolean;
}

/** A relay of ours with one camera, whose packets come by UDP as they do to the peer it is held against. */
const methods = {
  open: async ({ kind, address, cachesGop }: RelayChoice): Promise<number> => {
    const relay = await openRelay({
      prefer: kind,
      mediasoupWorkerBin: mediasoupWorkerBin(readEnv()),
      mediasoupWorkers: 1,
      viewersPerWorker: MAX_VIEWERS,
      listenAddresses: [address],
      announcedAddress: null,
      firstPort: null,
      maxViewersPerCamera: MAX_VIEWERS,
      log: openLog('bench', 'warn'),
    });
    camera = relay.openCamera('bench', {
      onViewers: () => undefined,
      onKeyFrameRequest: () => undefined,
      newestGop: () => (cachesGop ? gop : []),
    });
    return listen(address);
  },
  join: async ({ offerSdp }: { offerSdp: string }): Promise<string | null> =>
    (await camera?.addViewer(offerSdp))?.answerSdp ?? null,
};

export type RelayProcess = typeof methods;
answerParent(methods);

/** Resolves to the port. */
function listen(address: string): Promise<number> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: RECEIVE_BUFFER_BYTES });
  socket.on('message', (packet) => {
    const payload = packet.subarray(RTP_HEADER_BYTES);
    const relayed = { payload, marker: packet.readUInt8(1) > 127, rtpTimestamp: packet.readUInt32BE(4) };
    if (beginsKeyFrame(payload)) gop = [];
    gop.push(relayed);
    camera?.write(relayed);
  });
  return new Promise((resolve) => {
    socket.bind(0, address, () => {
      resolve(socket.address().port);
    });
  });
}
