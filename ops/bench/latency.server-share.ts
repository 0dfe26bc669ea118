import type { PacedStream } from '#media/simulator/paced-stream.ts';
import { WhepViewer, type ReceivedPacket } from '#ops/testkit/whep-viewer.ts';

/** Enough of a picture's last bytes to know it by, however it is cut into packets. */
const TAIL_BYTES = 48;
const CONNECTED_WITHIN_MS = 10_000;

/**
 * From a picture's last packet leaving the camera to its last packet at a viewer without a screen, ms: what the server
 * takes, with two ways over loopback and the viewer's decryption in it. Camera and viewer are in this process, so one
 * monotonic clock serves. A picture is known again by its last bytes, which no packetising changes; of equal ones it is
 * the newest that had been sent.
 */
export async function measureServerShare(whepUrl: string, stream: PacedStream, forMs: number): Promise<number[]> {
  const shares: number[] = [];
  const sentAtMs = new Map<string, number>();
  const viewer = await WhepViewer.open((offerSdp) => post(whepUrl, offerSdp));
  try {
    await untilConnected(viewer);
    // Subscribed after the server: its sender has written the picture by the time this listener is called.
    const camera = stream.subscribe({
      onUnit: ({ payloads }) => {
        const last = payloads.at(-1);
        if (last !== undefined) sentAtMs.set(tailOf(last.payload), performance.now());
        if (sentAtMs.size > 500) sentAtMs.delete(sentAtMs.keys().next().value ?? '');
      },
      onFailed: () => undefined,
    });
    viewer.onPacket = (packet) => {
      if (!packet.marker) return;
      const sentAt = sentAtMs.get(tailOf(packet.payload));
      if (sentAt !== undefined) shares.push(performance.now() - sentAt);
    };
    await new Promise((resolve) => setTimeout(resolve, forMs));
    camera.close();
  } finally {
    await viewer.close();
  }
  return shares;
}

function tailOf(payload: ReceivedPacket['payload']): string {
  return payload.subarray(-TAIL_BYTES).toString('latin1');
}

async function untilConnected(viewer: WhepViewer): Promise<void> {
  const deadline = performance.now() + CONNECTED_WITHIN_MS;
  while (!viewer.isConnected) {
    if (performance.now() > deadline) throw new Error('the viewer did not connect');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function post(whepUrl: string, offerSdp: string): Promise<{ viewerId: string; answerSdp: string }> {
  const headers = { 'content-type': 'application/sdp' };
  const response = await fetch(whepUrl, { method: 'POST', headers, body: offerSdp });
  if (response.status !== 201) throw new Error(`the viewer was refused: ${await response.text()}`);
  const viewerId = response.headers.get('location')?.split('/').at(-1) ?? '';
  return { viewerId, answerSdp: await response.text() };
}
