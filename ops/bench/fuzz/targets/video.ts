import { AccessUnitAssembler } from '#media/access-unit.ts';
import { MAX_PICTURE_BYTES } from '#media/fragment-buffer.ts';
import { splitAccessUnits, type CodedPicture } from '#media/h264/annexb.ts';
import { splitH265AccessUnits } from '#media/h265/annexb.ts';
import { CodecWatch } from '#media/ingest/codec-watch.ts';
import { parseRtp } from '#media/ingest/rtp.ts';
import type { AccessUnit, CodecName } from '#media/packet.ts';
import { codecs } from '#media/video-codecs.ts';
import { corpusOf } from '../corpus.ts';
import { floodOf, promise, type FuzzRunner, type FuzzTarget } from '../fuzz-target.ts';

const hex = (text: string): Buffer[] => text.split(' ').map((word) => Buffer.from(word, 'hex'));

const RTP_HEADER = Buffer.from('80e00001000000000000cafe', 'hex');
/** About the greatest packet that comes interleaved. */
const PACKET_BYTES = 65_000;

/** RTP packets into one assembler that lives as long as the run: whatever one input leaves behind, the next meets. */
function packetsOf(codec: CodecName, wordsHex: string, aggregateHex: string, floodsHex: string): FuzzTarget {
  const name = codec.toLowerCase();
  const aggregate = Buffer.from(aggregateHex, 'hex');
  return {
    name,
    corpus: corpusOf(name),
    // One aggregate of as many broken NAL units as it holds: each takes an exception to be refused.
    floods: hex(floodsHex).map((nalUnit) => [
      Buffer.concat([RTP_HEADER, aggregate, floodOf(Buffer.from([0, nalUnit.length, ...nalUnit]), PACKET_BYTES)]),
    ]),
    dictionary: hex(wordsHex),
    // What a camera can send while one turn of the event loop lasts.
    maxBytes: 64 * 1024,
    open: () => assemble(codec),
  };
}

function assemble(codec: CodecName): FuzzRunner {
  const undescribed = { parameterSets: [], widthPx: null, heightPx: null, fps: null, profileLevelId: null };
  const watch = new CodecWatch(codec);
  let units = 0;
  const assembler = new AccessUnitAssembler({
    track: { codec, payloadType: 96, ...undescribed },
    ticksOf: (rtpTimestamp) => rtpTimestamp,
    onUnit: (unit) => {
      units += 1;
      checkUnit(unit);
    },
  });
  return (pieces) => {
    const before = units;
    for (const piece of pieces) {
      const packet = parseRtp(piece);
      if (packet === null) continue;
      watch.changedTo(packet);
      assembler.push(packet, 0);
    }
    return units > before ? 'taken' : 'refused';
  };
}

function checkUnit({ codec, nalUnits, isKeyFrame }: AccessUnit): void {
  const kinds = nalUnits.map((nalUnit) => codecs[codec].kindOf(nalUnit));
  const bytes = nalUnits.reduce((sum, nalUnit) => sum + nalUnit.length, 0);
  promise(kinds.includes('slice') || kinds.includes('key slice'), 'a picture has a slice');
  promise(!kinds.includes('padding') && nalUnits.every((nalUnit) => nalUnit.length > 0), 'no NAL unit is for nothing');
  promise(bytes <= 2 * MAX_PICTURE_BYTES, 'size is bounded');
  if (!isKeyFrame) return;
  const sets = codec === 'H264' ? 2 : 3;
  promise(
    kinds.slice(0, sets).every((kind) => kind === 'parameter set'),
    'a key frame begins with its parameter sets',
  );
  promise(kinds.lastIndexOf('parameter set') < kinds.indexOf('key slice'), 'and they come before its slices');
}

/** Each piece a NAL unit. */
function setsOf(codec: CodecName, wordsHex: string): FuzzTarget {
  const name = `${codec.toLowerCase()}-sets`;
  return {
    name,
    corpus: corpusOf(name),
    dictionary: hex(wordsHex),
    // What SDP may bring; from the stream less is taken.
    maxBytes: 4096,
    open: () => {
      const sets = codecs[codec].openParameterSets();
      return (pieces) => {
        let known = 0;
        for (const piece of pieces) {
          known += sets.remember(piece) ? 1 : 0;
          const { widthPx = 1, heightPx = 1, fps } = codecs[codec].describe(piece) ?? {};
          promise(widthPx > 0 && widthPx <= 16_384 && heightPx > 0 && heightPx <= 16_384, 'the size is believable');
          promise((fps ?? 1) > 0 && (fps ?? 1) <= 240, 'the rate is believable');
        }
        sets.completeKeyFrame(pieces);
        return known > 0 ? 'taken' : 'refused';
      };
    },
  };
}

/** A byte stream, as it stands in a file. */
function fileOf(codec: CodecName, wordsHex: string, split: (bytes: Buffer) => CodedPicture[]): FuzzTarget {
  const name = `${codec.toLowerCase()}-file`;
  return {
    name,
    corpus: corpusOf(name),
    dictionary: hex(`000001 00000001 000000 ${wordsHex}`),
    maxBytes: 64 * 1024,
    open: () => (pieces) => {
      const pictures = split(Buffer.concat(pieces));
      const isWhole = ({ nalUnits }: CodedPicture): boolean =>
        nalUnits.length > 0 && nalUnits.every((nalUnit) => nalUnit.length > 0);
      promise(pictures.every(isWhole), 'pictures are made of NAL units');
      return pictures.length > 0 ? 'taken' : 'refused';
    },
  };
}

const EDGES = '000003 00000000 ffffffff 80';

export const videoTargets: readonly FuzzTarget[] = [
  packetsOf(
    'H264',
    '67 68 65 41 09f0 7c85 7c05 7c45 18 19 1a 1b 1d 0001 000165 ffff',
    '18',
    '68 67 6788 65 68ce 6742c00ada11e840',
  ),
  setsOf('H264', `67 68 6588 ${EDGES}`),
  fileOf('H264', '67 68 65 41 09f0', splitAccessUnits),
  packetsOf(
    'H265',
    '4001 4201 4401 2601 2801 2a01 0201 460150 6001 620193 620113 620153 6401 0009 0001 ffff',
    '6001',
    '4401 440180 4201 42010101 400100 2601 280180 020180',
  ),
  setsOf('H265', `4001 4201 4401 2801a0 ${EDGES}`),
  fileOf('H265', '4001 4201 4401 2801a0 0201a0 4e01 460150', splitH265AccessUnits),
];
