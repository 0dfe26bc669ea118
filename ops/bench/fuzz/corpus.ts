import { readdirSync, readFileSync } from 'node:fs';
import type { Pieces } from './fuzz-target.ts';

const CORPUS = new URL('./corpus/', import.meta.url);
const HEX = 'hex ';

/** The kept inputs of a target: the files of its folder. */
export function corpusOf(target: string): Pieces[] {
  const folder = new URL(`${target}/`, CORPUS);
  return readdirSync(folder)
    .toSorted()
    .map((file) => parseEntry(readFileSync(new URL(file, folder), 'utf8')));
}

/**
 * One input as a file: a piece on each line, either text, to which CR LF is added, or `hex` and bytes. A line that begins
 * with `#` is a remark.
 */
export function parseEntry(text: string): Pieces {
  return text
    .replace(/\n$/, '')
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .map((line) =>
      line.startsWith(HEX) ? Buffer.from(line.slice(HEX.length), 'hex') : Buffer.from(`${line}\r\n`, 'latin1'),
    );
}

/** The other way round, in hex only: ready to be kept. */
export function formatEntry(pieces: Pieces): string {
  return pieces.map((piece) => `${HEX}${piece.toString('hex')}\n`).join('');
}
