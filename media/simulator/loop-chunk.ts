import { createHash, randomBytes } from 'node:crypto';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import type { LoopUnit } from './loop.port.ts';

const MAGIC = Buffer.from('FFGOP\0\0\x01', 'latin1');
const HASH_BYTES = 32;

/**
 * A group of pictures as a file: magic, then per picture a key-frame flag (u32), its number of NAL units (u32) and each
 * as length (u32) and bytes; big-endian; last a SHA-256 over everything before it, so that a cut or flipped file shows.
 */
export function packChunk(units: readonly LoopUnit[]): Buffer {
  const parts: Buffer[] = [MAGIC, u32(units.length)];
  for (const unit of units) {
    parts.push(u32(unit.isKeyFrame ? 1 : 0), u32(unit.nalUnits.length));
    for (const nal of unit.nalUnits) parts.push(u32(nal.length), nal);
  }
  const body = Buffer.concat(parts);
  return Buffer.concat([body, sha256(body)]);
}

/** The units, as views into the buffer; null unless it is a whole and intact chunk of `unitCount` pictures. */
export function unpackChunk(file: Buffer, unitCount: number): LoopUnit[] | null {
  const end = file.length - HASH_BYTES;
  if (end < MAGIC.length + 4 || !file.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  if (!sha256(file.subarray(0, end)).equals(file.subarray(end))) return null;
  let at = MAGIC.length;
  const read = (): number => {
    at += 4;
    return file.readUInt32BE(at - 4);
  };
  if (read() !== unitCount) return null;
  return Array.from({ length: unitCount }, (): LoopUnit => {
    const isKeyFrame = read() === 1;
    const nalUnits = Array.from({ length: read() }, () => {
      const length = read();
      at += length;
      return file.subarray(at - length, at);
    });
    return { nalUnits, isKeyFrame };
  });
}

/** Null when the file is missing or damaged. */
export async function readChunk(path: string, unitCount: number): Promise<LoopUnit[] | null> {
  try {
    return unpackChunk(await readFile(path), unitCount);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}

/** All or nothing: a reader sees the whole file or none. */
export async function writeChunk(path: string, units: readonly LoopUnit[]): Promise<void> {
  const draft = `${path}.${randomBytes(4).toString('hex')}.tmp`;
  try {
    await writeFile(draft, packChunk(units));
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function u32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
