import { AppError } from '#protocol/errors.ts';
import type { CodecName } from '../packet.ts';

const CODEC_NAMES: Readonly<Record<CodecName, string>> = { H264: 'H.264', H265: 'H.265' };

/**
 * What goes wrong with a camera, in an operator's words. Nothing a camera said is repeated in them: it could echo the
 * password. Addresses appear as host and port only, since some cameras want the password in the path.
 */
export const ingestError = {
  aborted: () => new AppError('aborted', 'The connection to the camera was given up.'),

  violation: (what: string) =>
    new AppError('camera.protocol-violation', `The camera ${what}. Check that this is an RTSP address and port.`),

  notSdp: (cause?: unknown) =>
    new AppError(
      'camera.protocol-violation',
      'The camera described its stream with something that is not SDP. Check the address, or update the camera.',
      cause === undefined ? {} : { cause },
    ),

  closedConnection: (what: string, cause?: unknown) =>
    new AppError('camera.closed-connection', what, cause === undefined ? {} : { cause }),

  refusedLogin: (hasCredentials: boolean) =>
    new AppError(
      'camera.refused-login',
      hasCredentials
        ? 'The camera refused the user name or password. Check both, and that the user may view streams.'
        : 'The camera asks for a user name and password. Enter them.',
    ),

  noAnswer: (method: string, afterMs: number) =>
    new AppError(
      'camera.silent',
      `The camera accepted the connection but did not answer ${method} within ${seconds(afterMs)}. Check the port, or restart the camera.`,
      { context: { method } },
    ),

  noPackets: (silenceMs: number) =>
    new AppError(
      'camera.silent',
      `The camera sent no video for ${seconds(silenceMs)}. It may be frozen or overloaded.`,
    ),

  noH264: (offered: readonly string[]) => {
    const codecs = [...new Set(offered)].slice(0, 8).join(', ');
    const offers = codecs === '' ? 'offers no video' : `offers video as ${codecs} only`;
    return new AppError(
      'camera.no-h264',
      `The camera ${offers}. Set this stream's encoding to H.264, or to H.265, in the camera.`,
    );
  },

  codecChanged: (from: CodecName, to: CodecName) =>
    new AppError(
      'camera.codec-changed',
      `The camera changed its video from ${CODEC_NAMES[from]} to ${CODEC_NAMES[to]}; the connection is made anew.`,
      { context: { from, to } },
    ),

  formatChanged: () =>
    new AppError(
      'camera.codec-changed',
      'The camera changed the format of its video without a word; the connection is made anew.',
    ),

  noKeyFrame: (forMs: number) =>
    new AppError(
      'camera.no-frames',
      `The camera sent no picture to begin with (key frame) for ${seconds(forMs)}. Shorten its key frame interval.`,
    ),

  tooManyPictures: (fps: number, statedFps: number | null) => {
    const stated = statedFps === null ? '' : `, though it says ${String(Math.round(statedFps))}`;
    return new AppError(
      'camera.protocol-violation',
      `The camera sends more than ${String(Math.floor(fps))} pictures a second${stated}. Restart it, or check its clock and frame rate.`,
    );
  },

  interleaved: () =>
    new AppError(
      'camera.no-h264',
      'The camera sends the parts of its H.265 video out of order, which is not supported. Set it to H.264.',
    ),

  noTcp: () =>
    new AppError(
      'camera.refused-request',
      'The camera does not send its stream over TCP. Allow RTSP over TCP ("interleaved") in the camera.',
    ),

  refused: (method: string, status: number) => statusError(method, status),
} as const;

function statusError(method: string, status: number): AppError {
  const context = { method, status };
  if (status === 403) {
    return new AppError(
      'camera.refused-login',
      "The camera forbids this user to view the stream. Check the user's rights.",
      { context },
    );
  }
  if (status === 404 && (method === 'OPTIONS' || method === 'DESCRIBE')) {
    return new AppError(
      'camera.path-not-found',
      'The camera has no stream at this path. Check what stands after the host in the address.',
      { context },
    );
  }
  return new AppError(
    'camera.refused-request',
    `The camera refused ${method} with status ${String(status)}. ${advice(status)}`,
    { context },
  );
}

function advice(status: number): string {
  if (status >= 300 && status < 400)
    return 'It names another address, which is not followed: enter that address yourself.';
  if (status === 453 || status === 503) return 'It may have too many viewers: close others, or lower the stream.';
  if (status === 454) return 'It has forgotten the session.';
  if (status === 461) return 'Allow RTSP over TCP ("interleaved") in the camera.';
  return "Check the address and the camera's stream settings.";
}

export function seconds(ms: number): string {
  return ms >= 1000 ? `${String(Math.round(ms / 100) / 10)} s` : `${String(Math.round(ms))} ms`;
}
