import { describe, expect, it } from 'vitest';
import { asksForKeyFrame } from './rtcp-feedback.ts';

const rtcp = (first: number, type: number, words: number): Buffer => {
  const packet = Buffer.alloc(4 + words * 4);
  packet.writeUInt8(0x80 | first, 0);
  packet.writeUInt8(type, 1);
  packet.writeUInt16BE(words, 2);
  return packet;
};
const receiverReport = rtcp(1, 201, 7);
const pictureLoss = rtcp(1, 206, 2);
const fullIntra = rtcp(4, 206, 4);
const remb = rtcp(15, 206, 5);
const nack = rtcp(1, 205, 3);

describe('asksForKeyFrame', () => {
  it('finds a picture loss indication or full intra request wherever it stands in a compound packet', () => {
    expect(asksForKeyFrame(pictureLoss)).toBe(true);
    expect(asksForKeyFrame(Buffer.concat([receiverReport, nack, pictureLoss]))).toBe(true);
    expect(asksForKeyFrame(Buffer.concat([receiverReport, fullIntra, nack]))).toBe(true);
  });

  it('finds none in other feedback or in broken packets', () => {
    expect(asksForKeyFrame(Buffer.concat([receiverReport, nack, remb]))).toBe(false);
    expect(asksForKeyFrame(Buffer.alloc(0))).toBe(false);
    expect(asksForKeyFrame(pictureLoss.subarray(0, 3))).toBe(false);
  });
});
