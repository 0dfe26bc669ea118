import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { toAppError } from '#protocol/errors.ts';
import type { PostOffer } from './whep-viewer.ts';

/** What the page has seen of the video, in `window.seen`. */
export interface SeenVideo {
  /** From just before the POST to the first decoded frame, ms; null before it. */
  readonly firstFrameMs: number | null;
  readonly frames: readonly SeenFrame[];
  readonly error: string | null;
}

export interface SeenFrame {
  readonly rtpTimestamp: number;
  /** Epoch ms at the callback. */
  readonly atMs: number;
  readonly widthPx: number;
}

export interface WhepPage {
  readonly url: string;
  close(): Promise<void>;
}

/** The smallest WHEP player, on loopback: RTCPeerConnection and fetch. Its POSTs go to `post`. */
export async function serveWhepPage(post: PostOffer): Promise<WhepPage> {
  const server = createServer((request, response) => {
    if (request.method !== 'POST') {
      response
        .setHeader('content-type', request.url === '/' ? 'text/html' : 'image/x-icon')
        .end(request.url === '/' ? PAGE : '');
      return;
    }
    readBody(request)
      .then(post)
      .then(({ viewerId, answerSdp }) => {
        response.writeHead(201, { 'content-type': 'application/sdp', location: `/whep/${viewerId}` }).end(answerSdp);
      })
      .catch((error: unknown) => {
        response.writeHead(toAppError(error).status).end(toAppError(error).message);
      });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${String(port)}/`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

const PAGE = `<!doctype html><title>WHEP</title><video muted autoplay playsinline></video><script>
const video = document.querySelector('video');
window.seen = { firstFrameMs: null, frames: [], error: null };
async function play() {
  const peer = new RTCPeerConnection();
  window.peer = peer;
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); };
  await peer.setLocalDescription();
  const postedAt = performance.now();
  const onFrame = (now, { rtpTimestamp, width }) => {
    seen.firstFrameMs ??= performance.now() - postedAt;
    seen.frames.push({ rtpTimestamp, atMs: Date.now(), widthPx: width });
    video.requestVideoFrameCallback(onFrame);
  };
  video.requestVideoFrameCallback(onFrame);
  const answer = await fetch('/whep', { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: peer.localDescription.sdp });
  if (answer.status !== 201) throw new Error('status ' + answer.status + ': ' + await answer.text());
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
}
play().catch((error) => { seen.error = String(error); });
</script>`;
