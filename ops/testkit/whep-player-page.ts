import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What the page tells, by `await page.evaluate('told()')`. */
export interface ToldByPlayer {
  readonly frames: number;
  /** Of the path in use: `host`, `srflx`, `prflx` or `relay`. */
  readonly localCandidateType: string | null;
  /** The viewer's own, of the ICE session in use. */
  readonly usernameFragment: string | null;
  readonly session: string | null;
  readonly etag: string | null;
}

/**
 * A WHEP player as the draft describes it, on an origin of its own. `play(endpoint, policy)` asks for ICE servers, posts
 * and plays; `restart()` restarts ICE and resolves to the status.
 */
export async function servePlayerPage(): Promise<{ origin: string; close(): Promise<void> }> {
  const server = createServer((request, response) => {
    const isPage = request.url === '/';
    response.setHeader('content-type', isPage ? 'text/html' : 'image/x-icon').end(isPage ? PAGE : '');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${String(port)}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

const PAGE = `<!doctype html><title>player</title><video muted autoplay playsinline></video><script>
const video = document.querySelector('video');
let peer, policy, session = null, etag = null, frames = 0;
const onFrame = () => { frames += 1; video.requestVideoFrameCallback(onFrame); };
video.requestVideoFrameCallback(onFrame);

async function play(endpoint, wanted) {
  policy = wanted;
  const asked = await fetch(endpoint, { method: 'OPTIONS' });
  const iceServers = [...(asked.headers.get('link') ?? '').matchAll(/<([^>]+)>([^<]*)/g)].map(([, urls, rest]) => {
    const of = (name) => new RegExp(name + '="([^"]*)"').exec(rest)?.[1];
    return { urls, username: of('username'), credential: of('credential') };
  });
  peer = new RTCPeerConnection({ iceServers, iceTransportPolicy: policy, bundlePolicy: 'max-bundle' });
  peer.addTransceiver('video', { direction: 'recvonly' });
  peer.ontrack = ({ track }) => { video.srcObject = new MediaStream([track]); };
  const answer = await fetch(endpoint, { method: 'POST', headers: { 'content-type': 'application/sdp' }, body: await offered() });
  if (answer.status !== 201) throw new Error('status ' + answer.status + ': ' + await answer.text());
  session = new URL(answer.headers.get('location'), endpoint).href;
  etag = answer.headers.get('etag');
  await peer.setRemoteDescription({ type: 'answer', sdp: await answer.text() });
}

async function restart() {
  peer.restartIce();
  const lines = (await offered()).split('\\r\\n').filter((line) => /^a=(group|mid|ice-ufrag|ice-pwd|candidate):|^m=/.test(line));
  const patched = await fetch(session, {
    method: 'PATCH', headers: { 'content-type': 'application/trickle-ice-sdpfrag', 'if-match': '*' }, body: lines.join('\\r\\n') + '\\r\\n',
  });
  if (patched.status !== 200) return patched.status;
  etag = patched.headers.get('etag');
  const fragment = await patched.text();
  let sdp = peer.currentRemoteDescription.sdp;
  for (const name of ['a=ice-ufrag:', 'a=ice-pwd:']) {
    sdp = sdp.replace(new RegExp(name + '.*'), new RegExp(name + '.*').exec(fragment)[0].trim());
  }
  await peer.setRemoteDescription({ type: 'answer', sdp });
  return patched.status;
}

async function offered() {
  await peer.setLocalDescription();
  if (peer.iceGatheringState !== 'complete') {
    await new Promise((resolve) => {
      peer.onicegatheringstatechange = () => { if (peer.iceGatheringState === 'complete') resolve(); };
      // A server that does not answer holds up the end; without one everything is there at once.
      setTimeout(resolve, policy === 'relay' ? 10000 : 300);
    });
  }
  return peer.localDescription.sdp;
}

async function told() {
  const stats = [...(peer ? (await peer.getStats()).values() : [])];
  const transport = stats.find(({ type }) => type === 'transport');
  const pair = stats.find(({ id }) => id === transport?.selectedCandidatePairId);
  const local = stats.find(({ id }) => id === pair?.localCandidateId);
  return {
    frames, session, etag,
    localCandidateType: local?.candidateType ?? null,
    usernameFragment: local?.usernameFragment ?? null,
  };
}
</script>`;
