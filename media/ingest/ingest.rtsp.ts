import { toAppError, type AppError } from '#protocol/errors.ts';
import { ingestError } from './ingest-errors.ts';
import type { IngestOptions, OpenIngest, ProbeIngest } from './ingest.port.ts';
import { PlayingSession } from './playing-session.ts';
import { RtspAuthenticator } from './rtsp.auth.ts';
import { RtspConnection } from './rtsp.connection.ts';
import { describeStream, playStream } from './rtsp.session.ts';
import { CameraSocket, connected, connectTimedOut } from './rtsp.socket.ts';
import { streamAddress, type StreamAddress } from './rtsp-url.ts';
import type { InterleavedFrame } from './rtsp-message.ts';

/** RTSP 1.0 over TCP or TLS, media interleaved on the same connection: one socket per stream, through any firewall. */
export const openIngest: OpenIngest = async (options, signal) => {
  const session = new PlayingSession(options);
  const peer = {
    onFrame: (frame: InterleavedFrame) => {
      session.receive(frame);
    },
    onEnd: (error: AppError | null) => {
      session.connectionEnded(error);
    },
  };
  await handshake(options, signal, peer, async (connection, address) => {
    const described = await describeStream(connection, address);
    const playing = await playStream(connection, address, described);
    session.begin(connection, described, playing);
  });
  if (signal.aborted) {
    session.close();
    throw ingestError.aborted();
  }
  const onAbort = (): void => {
    session.close();
  };
  signal.addEventListener('abort', onAbort, { once: true });
  void session.ended.then(() => {
    signal.removeEventListener('abort', onAbort);
  });
  return session;
};

export const probeIngest: ProbeIngest = (options, signal) => {
  const nobody = { onFrame: () => undefined, onEnd: () => undefined };
  return handshake(options, signal, nobody, async (connection, address) => {
    const described = await describeStream(connection, address);
    connection.close(null);
    return described.video.track;
  });
};

/** Who hears of media and of the end. */
interface Peer {
  readonly onFrame: (frame: InterleavedFrame) => void;
  readonly onEnd: (error: AppError | null) => void;
}

/**
 * Connects and runs the steps within the time allowed. Whatever fails, an abort and the deadline included, ends the
 * connection, which rejects what the steps wait for; nothing stays behind.
 */
async function handshake<T>(
  options: Pick<IngestOptions, 'url' | 'credentials' | 'connectTimeoutMs'>,
  signal: AbortSignal,
  peer: Peer,
  steps: (connection: RtspConnection, address: StreamAddress) => Promise<T>,
): Promise<T> {
  const address = streamAddress(options.url);
  if (signal.aborted) throw ingestError.aborted();
  const opened = new CameraSocket(address);
  const { socket } = opened;
  let connection: RtspConnection | null = null;
  let failure: AppError | null = null;
  const fail = (error: AppError): void => {
    failure ??= error;
    if (connection === null) socket.destroy(error);
    else connection.end(error);
  };
  const onAbort = (): void => {
    fail(ingestError.aborted());
  };
  signal.addEventListener('abort', onAbort, { once: true });
  const deadline = setTimeout(() => {
    const timeoutMs = options.connectTimeoutMs;
    if (connection === null) fail(connectTimedOut(socket, address, timeoutMs));
    else fail(ingestError.noAnswer(connection.awaited ?? 'a request', timeoutMs));
  }, options.connectTimeoutMs);
  try {
    await connected(socket, address);
    if (failure !== null) throw toAppError(failure);
    connection = new RtspConnection(opened, new RtspAuthenticator(options.credentials), peer.onFrame, peer.onEnd);
    return await steps(connection, address);
  } catch (error) {
    const reason = failure ?? toAppError(error);
    fail(reason);
    throw reason;
  } finally {
    clearTimeout(deadline);
    signal.removeEventListener('abort', onAbort);
  }
}
