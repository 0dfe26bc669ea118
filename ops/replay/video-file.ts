import { access, constants } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AV_LOG_QUIET, AVMEDIA_TYPE_VIDEO } from 'node-av/constants';
import { FFmpegError, FormatContext, Log, Packet } from 'node-av/lib';
import type { Stream } from 'node-av/lib';
import { AppError } from '#protocol/errors.ts';
import type { AnalysisFrame, FrameShape } from '#media/frames/frame.ts';
import { PictureDecoder } from '#media/frames/h264.nodeav.ts';
import { FrameSampler } from '#media/frames/sampler.ts';
import type { FrameChoice } from './frame-choice.ts';

/** FFmpeg's AV_NOPTS_VALUE: a bare H.264 stream has no times. */
const AV_NOPTS = -(2 ** 63);
const FPS_OF_BARE_STREAMS = 25;

/** Times start at 0 with the first picture. Read it to its end or close it. */
export interface VideoFile {
  readonly durationMs: number | null;
  frames(shape: FrameShape, maxFps: number): AsyncGenerator<AnalysisFrame>;
  close(): Promise<void>;
}

/**
 * Opens a file's best video stream, whatever its container and codec. Only its first frame and every `every`-th after it
 * exist for the reader. Rejects with input.invalid.
 */
export async function openVideoFile(path: string, every = 1): Promise<VideoFile> {
  await access(path, constants.R_OK).catch((cause: unknown) => {
    throw new AppError('input.invalid', `video ${path}: there is no such file, or it may not be read`, { cause });
  });
  Log.setLevel(AV_LOG_QUIET); // What matters comes as an error.
  const context = new FormatContext();
  try {
    // `file:` keeps FFmpeg from taking a name for an address.
    check(await context.openInput(`file:${resolve(path)}`), path);
    check(await context.findStreamInfo(), path);
    const stream = context.streams[context.findBestStream(AVMEDIA_TYPE_VIDEO)];
    if (stream === undefined) throw new AppError('input.invalid', `video ${path}: there is no video in it`);
    return {
      durationMs: context.duration > 0n ? Number(context.duration) / 1000 : null,
      frames: (shape, maxFps) => frames(context, stream, shape, { maxFps, every }, path),
      close: () => context.closeInput(),
    };
  } catch (error) {
    await context.closeInput();
    throw error;
  }
}

async function* frames(
  context: FormatContext,
  stream: Stream,
  shape: FrameShape,
  { maxFps, every }: FrameChoice,
  path: string,
): AsyncGenerator<AnalysisFrame> {
  const { num, den } = stream.timeBase;
  const decoder = new PictureDecoder(stream.codecpar);
  const sampler = new FrameSampler(maxFps);
  const packet = new Packet();
  packet.alloc();
  const frameTicks90k = 90_000 / (stream.avgFrameRate.toDouble() || FPS_OF_BARE_STREAMS);
  let start: number | null = null;
  let ticks90k = -frameTicks90k;
  let decoded = 0;
  const ready: AnalysisFrame[] = [];
  const keep = (pts: number): void => {
    if (pts === AV_NOPTS) start ??= 0;
    else start ??= pts;
    ticks90k = Math.round(pts === AV_NOPTS ? ticks90k + frameTicks90k : ((pts - start) * num * 90_000) / den);
    decoded += 1;
    if ((decoded - 1) % every !== 0 || !sampler.wants(ticks90k)) return;
    const picture = decoder.rgb(shape);
    if (picture === null) return;
    const { widthPx, heightPx } = shape;
    ready.push({ ...picture, widthPx, heightPx, ticks90k, receivedAtMs: performance.now() });
  };
  try {
    while ((await context.readFrame(packet)) >= 0) {
      if (packet.streamIndex === stream.index) decoder.send(packet, keep);
      packet.unref();
      yield* ready.splice(0);
    }
    decoder.send(null, keep);
    yield* ready.splice(0);
    if (start === null) throw new AppError('input.invalid', `video ${path}: no picture in it could be decoded`);
  } finally {
    packet.free();
    decoder.close();
  }
}

function check(result: number, path: string): void {
  if (result >= 0) return;
  throw new AppError('input.invalid', `video ${path}: cannot be read as a video (${FFmpegError.strerror(result)})`);
}
