import { AccessUnitAssembler } from '#media/access-unit.ts';
import { splitAccessUnits } from '#media/h264/annexb.ts';
import { MAX_PICTURE_BYTES } from '#media/fragment-buffer.ts';
import { isSlice, NAL, nalType } from '#media/h264/nal-unit.ts';
import { H264ParameterSets } from '#media/h264/parameter-sets.ts';
import { parseSps } from '#media/h264/sps.ts';
import { parseRtp } from '#media/ingest/rtp.ts';
import type { AccessUnit } from '#media/packet.ts';
import { corpusOf } from '../corpus.ts';
import { floodOf, promise, type FuzzTarget } from '../fuzz-target.ts';

const hex = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'hex'));

const RTP_HEADER = Buffer.from('80e00001000000000000cafe', 'hex');
const STAP_A = Buffer.from([0x18]);
/** About the greatest that comes interleaved. */
const PACKET_BYTES = 65_000;

/** RTP packets into one assembler that lives as long as the run: whatever one input leaves behind, the next meets. */
export const h264: FuzzTarget = {
  name: 'h264',
  corpus: corpusOf('h264'),
  // One STAP-A of as many broken NAL units as it holds: each takes an exception to be refused.
  floods: hex('68', '67', '6788', '65', '68ce', '6742c00ada11e840').map((nalUnit) => [
    Buffer.concat([RTP_HEADER, STAP_A, floodOf(Buffer.from([0, nalUnit.length, ...nalUnit]), PACKET_BYTES)]),
  ]),
  dictionary: hex(
    '67',
    '68',
    '65',
    '41',
    '09f0',
    '7c85',
    '7c05',
    '7c45',
    '18',
    '19',
    '1a',
    '1b',
    '1d',
    '0001',
    '000165',
    'ffff',
  ),
  // What a camera can send while one turn of the event loop lasts.
  maxBytes: 64 * 1024,
  open: () => {
    let units = 0;
    const assembler = new AccessUnitAssembler({
      track: {
        codec: 'H264',
        payloadType: 96,
        parameterSets: [],
        widthPx: null,
        heightPx: null,
        fps: null,
        profileLevelId: null,
      },
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
        if (packet !== null) assembler.push(packet, 0);
      }
      return units > before ? 'taken' : 'refused';
    };
  },
};

function checkUnit(unit: AccessUnit): void {
  promise(unit.nalUnits.some(isSlice), 'a picture has a slice');
  promise(
    unit.nalUnits.every((nalUnit) => nalUnit.length > 0),
    'no NAL unit is empty',
  );
  promise(unit.nalUnits.reduce((sum, nalUnit) => sum + nalUnit.length, 0) <= 2 * MAX_PICTURE_BYTES, 'size is bounded');
  if (!unit.isKeyFrame) return;
  const types = unit.nalUnits.map(nalType);
  promise(types[0] === NAL.sps, 'a key frame begins with an SPS');
  promise(
    types.indexOf(NAL.pps) > 0 && types.indexOf(NAL.pps) < types.indexOf(NAL.idrSlice),
    'and a PPS before its IDR',
  );
}

/** Each piece a NAL unit. */
export const h264Sps: FuzzTarget = {
  name: 'h264-sps',
  corpus: corpusOf('h264-sps'),
  dictionary: hex('67', '68', '000003', '00000000', 'ffffffff', '80'),
  // What SDP may bring; from the stream a quarter of it is taken.
  maxBytes: 4096,
  open: () => {
    const sets = new H264ParameterSets();
    return (pieces) => {
      let taken = 0;
      for (const piece of pieces) {
        sets.remember(piece);
        const shape = parseSps(piece);
        if (shape === null) continue;
        taken += 1;
        promise(shape.widthPx > 0 && shape.widthPx <= 16_384, 'the width is believable');
        promise(shape.heightPx > 0 && shape.heightPx <= 16_384, 'the height is believable');
        promise(shape.fps === null || (shape.fps > 0 && shape.fps <= 240), 'the rate is believable');
      }
      return taken > 0 ? 'taken' : 'refused';
    };
  },
};

/** A byte stream, as it stands in a file. */
export const h264File: FuzzTarget = {
  name: 'h264-file',
  corpus: corpusOf('h264-file'),
  dictionary: hex('000001', '00000001', '000000', '67', '68', '65', '41', '09f0'),
  maxBytes: 64 * 1024,
  open: () => (pieces) => {
    const pictures = splitAccessUnits(Buffer.concat(pieces));
    promise(
      pictures.every(({ nalUnits }) => nalUnits.length > 0 && nalUnits.every((nalUnit) => nalUnit.length > 0)),
      'pictures are made of NAL units',
    );
    return pictures.length > 0 ? 'taken' : 'refused';
  },
};
