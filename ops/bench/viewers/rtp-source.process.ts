import { createSocket } from 'node:dgram';
import { RtpWriter } from '#media/relay/rtp-writer.ts';
import { answerParent } from './child-calls.ts';

const FPS = 25;
const GOP_FRAMES = 50;
/** A key frame is as large as so many others. */
const KEY_FRAME_WEIGHT = 6;
const PAYLOAD_BYTES = 1_200;
const SPS = 0x67;
const INTER = 0x41;
const PAYLOAD_TYPE = 96;
const TICKS_PER_FRAME = 90_000 / FPS;

let sent = 0;

/** A camera's RTP as the relays take it in: 25 pictures a second, a key frame each 2 s, each picture's packets at once. */
const methods = {
  start: ({ address, port, mbps }: { address: string; port: number; mbps: number }): Promise<void> => {
    const socket = createSocket('udp4');
    const writer = new RtpWriter(PAYLOAD_TYPE);
    const unitBytes = (mbps * 1_000_000 * GOP_FRAMES) / (8 * FPS * (GOP_FRAMES - 1 + KEY_FRAME_WEIGHT));
    const startedAtMs = performance.now();
    let frame = 0;
    const sendDue = (): void => {
      for (; (frame * 1000) / FPS <= performance.now() - startedAtMs; frame += 1) {
        const isKeyFrame = frame % GOP_FRAMES === 0;
        const packets = Math.round((unitBytes * (isKeyFrame ? KEY_FRAME_WEIGHT : 1)) / PAYLOAD_BYTES);
        for (let i = 0; i < packets; i += 1) {
          const payload = Buffer.alloc(PAYLOAD_BYTES, i);
          payload[0] = isKeyFrame && i === 0 ? SPS : INTER;
          const rtpTimestamp = (frame * TICKS_PER_FRAME) % 2 ** 32;
          socket.send(writer.write({ payload, marker: i === packets - 1, rtpTimestamp }), port, address);
          sent += 1;
        }
      }
    };
    setInterval(sendDue, 1000 / FPS / 4);
    return Promise.resolve();
  },
  /** Packets until now. */
  sent: (): number => sent,
};

export type RtpSource = typeof methods;
answerParent(methods);
