import { readFile } from 'node:fs/promises';
import { AV_CODEC_ID_H264, AV_CODEC_ID_HEVC, BitStreamFilterAPI, Demuxer } from 'node-av';
import { AppError, toAppError } from '#protocol/errors.ts';
import { splitAccessUnits, splitNalUnits, type CodedPicture } from '../h264/annexb.ts';
import { splitH265AccessUnits } from '../h265/annexb.ts';
import { pictureSource, type Source, type SourceUnit } from './source.ts';

export interface FileSourceOptions {
  /** Frame rate of a byte stream (.h264, .h265), which carries none of its own; default 25. Containers know theirs. */
  readonly fps?: number;
}

/** How each codec's pictures become a byte stream. */
const FORMATS = new Map([
  [AV_CODEC_ID_H264, { codec: 'H264', filter: 'h264_mp4toannexb' }],
  [AV_CODEC_ID_HEVC, { codec: 'H265', filter: 'hevc_mp4toannexb' }],
] as const);

type FilePicture = CodedPicture & Pick<SourceUnit, 'reorderMs'>;

/**
 * A video file's H.264 or H.265 track, repeated for ever, read into memory at once: an Annex B byte stream (.h264, .264,
 * .h265, .265, .hevc), or any container FFmpeg reads. Rejects with AppError `input.invalid` (cannot be read) or `camera.no-h264`.
 */
export async function openFileSource(path: string, options: FileSourceOptions = {}): Promise<Source> {
  if (/\.(h26[45]|26[45]|hevc)$/i.test(path)) {
    const bytes = await readFile(path).catch((cause: unknown) => {
      throw new AppError('input.invalid', `cannot read ${path}`, { cause });
    });
    const timing = { fps: options.fps ?? 25, phaseMs: 0 };
    if (/\.h?264$/i.test(path)) return pictureSource(splitAccessUnits(bytes), timing);
    return pictureSource(splitH265AccessUnits(bytes), { ...timing, codec: 'H265' });
  }
  return openContainer(path);
}

async function openContainer(path: string): Promise<Source> {
  await using demuxer = await Demuxer.open(path).catch((cause: unknown) => {
    throw new AppError('input.invalid', `cannot read ${path} as a video`, { cause });
  });
  const track = demuxer.video();
  const format = track === undefined ? undefined : FORMATS.get(track.codecpar.codecId);
  if (track === undefined || format === undefined) {
    throw new AppError('camera.no-h264', `${path} holds neither H.264 nor H.265 video`);
  }
  const rate = track.avgFrameRate;
  if (rate.num <= 0 || rate.den <= 0) throw new AppError('input.invalid', `${path} does not say its frame rate`);
  try {
    using filter = BitStreamFilterAPI.create(format.filter, track);
    const pictures: FilePicture[] = [];
    for await (const packet of filter.packets(demuxer.packets(track.index))) {
      if (packet === null || packet.data === null) continue;
      const { num, den } = packet.timeBase;
      pictures.push({
        nalUnits: splitNalUnits(Buffer.from(packet.data)),
        isKeyFrame: packet.isKeyframe,
        reorderMs: (Number(packet.pts - packet.dts) * 1000 * num) / den,
      });
      packet.free();
    }
    return pictureSource(withoutSharedDelay(pictures), { codec: format.codec, fps: rate.num / rate.den, phaseMs: 0 });
  } catch (error) {
    throw toAppError(error, 'input.invalid');
  }
}

/** With B frames every picture waits at least as long as the first one does: that part tells nothing. */
function withoutSharedDelay(pictures: readonly FilePicture[]): FilePicture[] {
  const shared = Math.min(...pictures.map((picture) => picture.reorderMs ?? 0));
  return pictures.map((picture) => ({ ...picture, reorderMs: (picture.reorderMs ?? 0) - shared }));
}
