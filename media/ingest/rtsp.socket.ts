import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { AppError } from '#protocol/errors.ts';
import { ingestError, seconds } from './ingest-errors.ts';
import type { StreamAddress } from './rtsp-url.ts';

/**
 * All cameras' bytes over plain TCP pass through it, one read after the other. Streams by themselves make a new buffer of
 * this size for each read, which is garbage a thousand times a second where there are a hundred cameras.
 */
const CHUNK = Buffer.allocUnsafeSlow(64 * 1024);

/** Reads for somebody who comes later; whoever it is must be there before the first byte can be. */
export class CameraSocket {
  readonly socket: Socket;
  #onChunk: ((chunk: Buffer) => void) | null = null;

  /** On its way to the camera; throws camera.unreachable for an impossible address. */
  constructor(address: StreamAddress) {
    this.socket = openSocket(address, (chunk) => this.#onChunk?.(chunk));
  }

  /** A chunk is good until `onChunk` returns. To be called in the turn in which the connection is made, or before. */
  read(onChunk: (chunk: Buffer) => void): void {
    this.#onChunk = onChunk;
  }
}

/**
 * Over rtsps the certificate is not verified: cameras sign their own. That keeps listeners out, but not somebody who can put
 * himself in between; with Digest even he does not learn the password.
 */
function openSocket(address: StreamAddress, onChunk: (chunk: Buffer) => void): Socket {
  const { host, port } = address;
  try {
    if (address.isTls) {
      const serverName = isIP(host) === 0 ? { servername: host } : {};
      const socket = connectTls({ host, port, rejectUnauthorized: false, ...serverName });
      return socket.setNoDelay(true).on('data', onChunk);
    }
    const callback = (bytes: number): boolean => {
      onChunk(CHUNK.subarray(0, bytes));
      return true;
    };
    return connect({ host, port, noDelay: true, onread: { buffer: CHUNK, callback } });
  } catch (error) {
    throw unreachable(address, `${place(address)} is no address that can be connected to. Check it.`, error);
  }
}

/** Resolves when requests can be sent. Rejects with an AppError; the socket is gone then. */
export function connected(socket: Socket, address: StreamAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (outcome: () => void): void => {
      socket.off('error', onError).off('close', onClose).off(readyEvent, onReady);
      outcome();
    };
    const onError = (error: Error): void => {
      socket.on('error', () => undefined); // A destroyed socket may still report.
      settle(() => {
        reject(error instanceof AppError ? error : connectError(error, address));
      });
    };
    const onClose = (): void => {
      settle(() => {
        reject(ingestError.closedConnection(`${place(address)} closed the connection at once. Check the port.`));
      });
    };
    const onReady = (): void => {
      settle(resolve);
    };
    const readyEvent = address.isTls ? 'secureConnect' : 'connect';
    socket.once('error', onError).once('close', onClose).once(readyEvent, onReady);
  });
}

/** The deadline passed before requests could be sent. */
export function connectTimedOut(socket: Socket, address: StreamAddress, afterMs: number): AppError {
  if (!socket.connecting) return ingestError.noAnswer('the TLS handshake', afterMs);
  return unreachable(
    address,
    `${place(address)} did not accept a connection within ${seconds(afterMs)}. Check the address, that the camera is on, and firewalls.`,
  );
}

function connectError(error: Error & { code?: unknown }, address: StreamAddress): AppError {
  const code = typeof error.code === 'string' ? error.code : '';
  if (/^ERR_SSL_|^ERR_TLS_|^EPROTO$/.test(code)) {
    return new AppError(
      'camera.protocol-violation',
      `${place(address)} does not speak TLS. Use rtsp:// or the camera's rtsps port.`,
      { cause: error },
    );
  }
  return unreachable(address, unreachableReason(code, address), error);
}

function unreachableReason(code: string, address: StreamAddress): string {
  switch (code) {
    case 'ECONNREFUSED':
      return `Nothing answers at ${place(address)}. Check the port (usually 554) and that RTSP is switched on in the camera.`;
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return `The name ${address.host} is not known on this network. Check its spelling, or use the camera's IP address.`;
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
      return `There is no way to ${place(address)}. Check that the camera is on and in a network this machine reaches.`;
    default:
      return `${place(address)} could not be reached (${code === '' ? 'unknown reason' : code}). Check the address and that the camera is on.`;
  }
}

function unreachable(address: StreamAddress, message: string, cause?: unknown): AppError {
  const context = { host: address.host, port: address.port };
  return new AppError('camera.unreachable', message, cause === undefined ? { context } : { context, cause });
}

function place(address: StreamAddress): string {
  return address.origin.replace(/^rtsps?:\/\//, '');
}
