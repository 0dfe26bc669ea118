import type { Random } from '#media/simulator/random.ts';
import type { FuzzTarget, Pieces } from './fuzz-target.ts';

const MAX_CHANGES = 6;
/** Where parsers go wrong: signs, field widths and their limits. */
const NUMBERS = [0, 1, 2, 3, 7, 8, 0x0f, 0x10, 0x1f, 0x20, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0x8000, 0xffff] as const;
const LONG_NUMBERS = [...NUMBERS, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff] as const;
const DECIMALS = [
  '0',
  '-1',
  '1',
  '255',
  '256',
  '65535',
  '65536',
  '4294967296',
  '1e309',
  '99999999999999999999',
] as const;
/** One input in so many is all noise; one change in so many makes a flood of something. */
const NOISE_EVERY = 32;
const FLOOD_EVERY = 64;

type Change = (bytes: Buffer, random: Random) => Buffer;

/** A likely but wrong input: a kept one with one to six changes, of at most the target's size. */
export function mutate({ corpus, dictionary, maxBytes }: FuzzTarget, random: Random): Pieces {
  let pieces = random.chance(1 / NOISE_EVERY) ? noise(random) : choose(corpus, random);
  for (let left = random.whole(1, MAX_CHANGES); left > 0; left -= 1) {
    pieces = random.chance(0.3)
      ? rearrange(pieces, choose(corpus, random), random)
      : changePiece(pieces, random, (bytes) => changeBytes(bytes, dictionary, random));
    if (random.chance(1 / FLOOD_EVERY)) pieces = flood(pieces, maxBytes, random);
  }
  return withinSize(pieces, maxBytes);
}

function choose<T>(choices: readonly T[], random: Random): T {
  const chosen = choices[random.whole(0, choices.length - 1)];
  if (chosen === undefined) throw new Error('nothing to choose from');
  return chosen;
}

function noise(random: Random): Pieces {
  return Array.from({ length: random.whole(1, 4) }, () => anyBytes(random.whole(0, 80), random));
}

function anyBytes(length: number, random: Random): Buffer {
  return Buffer.from(Array.from({ length }, () => random.whole(0, 255)));
}

/** Pieces left out, doubled, exchanged, or taken from another input. */
function rearrange(pieces: Pieces, other: Pieces, random: Random): Pieces {
  const at = random.whole(0, Math.max(0, pieces.length - 1));
  const piece = pieces[at];
  if (piece === undefined) return other;
  const to = random.whole(0, pieces.length - 1);
  switch (random.whole(0, 4)) {
    case 0:
      return pieces.toSpliced(at, random.whole(1, 3));
    case 1:
      return pieces.toSpliced(to, 0, piece);
    case 2:
      return pieces.with(at, pieces[to] ?? piece).with(to, piece);
    case 3:
      return pieces.toSpliced(to, 0, choose(other, random));
    default:
      return [...pieces.slice(0, at), ...other.slice(random.whole(0, other.length))];
  }
}

function changePiece(pieces: Pieces, random: Random, change: (bytes: Buffer) => Buffer): Pieces {
  if (pieces.length === 0) return pieces;
  const at = random.whole(0, pieces.length - 1);
  return pieces.with(at, change(pieces[at] ?? Buffer.alloc(0)));
}

const CHANGES: readonly [Change, ...Change[]] = [
  function flipBit(bytes, random) {
    const changed = Buffer.from(bytes);
    const at = random.whole(0, bytes.length - 1);
    changed[at] = (changed[at] ?? 0) ^ (1 << random.whole(0, 7));
    return changed;
  },
  function setByte(bytes, random) {
    const changed = Buffer.from(bytes);
    changed[random.whole(0, bytes.length - 1)] = random.chance(0.5) ? random.whole(0, 255) : random.pick(NUMBERS);
    return changed;
  },
  function setNumber(bytes, random) {
    const size = random.pick([2, 4]);
    if (bytes.length < size) return bytes;
    const changed = Buffer.from(bytes);
    changed.writeUIntBE(random.pick(LONG_NUMBERS) % 2 ** (8 * size), random.whole(0, bytes.length - size), size);
    return changed;
  },
  function setDecimal(bytes, random) {
    const text = bytes.toString('latin1');
    const found = [...text.matchAll(/\d+/g)];
    if (found.length === 0) return bytes;
    const match = choose(found, random);
    return Buffer.concat([
      bytes.subarray(0, match.index),
      Buffer.from(random.pick(DECIMALS)),
      bytes.subarray(match.index + match[0].length),
    ]);
  },
  function cutOut(bytes, random) {
    const at = random.whole(0, bytes.length - 1);
    return Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + random.whole(1, 8))]);
  },
  function cutOff(bytes, random) {
    return bytes.subarray(0, random.whole(0, bytes.length));
  },
  function putIn(bytes, random) {
    const at = random.whole(0, bytes.length);
    return Buffer.concat([bytes.subarray(0, at), anyBytes(random.whole(1, 8), random), bytes.subarray(at)]);
  },
];

function changeBytes(bytes: Buffer, dictionary: readonly Buffer[], random: Random): Buffer {
  if (bytes.length > 0 && !random.chance(0.25)) return random.pick(CHANGES)(bytes, random);
  const at = random.whole(0, bytes.length);
  const skipped = random.chance(0.5) ? random.whole(0, 4) : 0;
  return Buffer.concat([bytes.subarray(0, at), choose(dictionary, random), bytes.subarray(at + skipped)]);
}

/** A piece, or a few bytes of one, again and again: what costs little once may cost much in numbers. */
function flood(pieces: Pieces, maxBytes: number, random: Random): Pieces {
  const at = random.whole(0, Math.max(0, pieces.length - 1));
  const piece = pieces[at];
  if (piece === undefined || piece.length === 0) return pieces;
  const budget = maxBytes / 2 ** random.between(0, 10);
  if (random.chance(0.3)) {
    const copies = Math.floor(Math.min(budget / piece.length, 2000));
    return pieces.toSpliced(at, 0, ...Array.from({ length: copies }, () => piece));
  }
  const start = random.whole(0, piece.length - 1);
  const some = piece.subarray(start, start + random.whole(1, 6));
  const repeated = Buffer.alloc(Math.floor(budget), some);
  return pieces.with(at, Buffer.concat([piece.subarray(0, start), repeated, piece.subarray(start)]));
}

function withinSize(pieces: Pieces, maxBytes: number): Pieces {
  let left = maxBytes;
  const kept: Buffer[] = [];
  for (const piece of pieces) {
    if (left === 0) break;
    kept.push(piece.subarray(0, left));
    left -= Math.min(left, piece.length);
  }
  return kept;
}
