import { describe, expect, it } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { describeVideo, type DescribedVideo } from './sdp.ts';

const SPS = '674d4016eca05017fcb80880000003008000000f078b16cb';
const SPROP = `${Buffer.from(SPS, 'hex').toString('base64')},aOvjyyA=`;

const describeText = (...lines: string[]): DescribedVideo => describeVideo(Buffer.from(lines.join('\r\n')));
const VIDEO = ['v=0', 's=x', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H264/90000'];

function refusal(...lines: string[]): AppError {
  try {
    describeText(...lines);
  } catch (error) {
    if (error instanceof AppError) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('describeVideo', () => {
  it('reads payload type, parameter sets, size, rate, profile and control', () => {
    const fmtp = `a=fmtp:96 packetization-mode=1; profile-level-id=4D4016; sprop-parameter-sets=${SPROP}`;
    expect(describeText(...VIDEO, fmtp, 'a=control:trackID=1')).toEqual({
      track: {
        codec: 'H264',
        payloadType: 96,
        parameterSets: [Buffer.from(SPS, 'hex'), Buffer.from('68ebe3cb20', 'hex')],
        widthPx: 640,
        heightPx: 360,
        fps: 15,
        profileLevelId: '4d4016',
      },
      control: 'trackID=1',
      sessionControl: null,
    });
  });

  it('takes the first H.264 video, even behind H.265 and audio', () => {
    const described = describeText(
      'v=0',
      'a=control:rtsp://10.0.0.1/live',
      'm=audio 0 RTP/AVP 8',
      'm=video 0 RTP/AVP 97',
      'a=rtpmap:97 H265/90000',
      'a=control:1',
      'm=video 0 RTP/AVP 98',
      'a=rtpmap:98 h264/90000',
      'a=control:2',
      'm=video 0 RTP/AVP 99',
      'a=rtpmap:99 H264/90000',
    );
    expect(described.track).toMatchObject({ codec: 'H264', payloadType: 98 });
    expect(described.control).toBe('2');
    expect(described.sessionControl).toBe('rtsp://10.0.0.1/live');
  });

  const H265 = ['v=0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 H265/90000'];
  const VPS_265 = '40010c01ffff01600000030090000003000003003cba0240';
  const SPS_265 = '42010101600000030090000003000003003ca00a080f165ba4a4c2e68080000003008000000784';
  const PPS_265 = '4401c0718112';
  const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');

  it('takes H.265 where there is nothing else, with its parameter sets and size', () => {
    expect(describeText(...H265).track).toMatchObject({ codec: 'H265', parameterSets: [], widthPx: null });
    const sets = `sprop-vps=${base64(VPS_265)}; sprop-sps=${base64(SPS_265)}; sprop-pps=${base64(PPS_265)}`;
    expect(describeText(...H265, `a=fmtp:96 profile-id=1; ${sets}`, 'a=framerate:25').track).toEqual({
      codec: 'H265',
      payloadType: 96,
      parameterSets: [VPS_265, SPS_265, PPS_265].map((hex) => Buffer.from(hex, 'hex')),
      widthPx: 320,
      heightPx: 240,
      fps: 25,
      profileLevelId: null,
    });
  });

  it('refuses H.265 whose parts are sent out of order, which no camera does', () => {
    expect(describeText(...H265, 'a=fmtp:96 sprop-max-don-diff=0').track.codec).toBe('H265');
    expect(refusal(...H265, 'a=fmtp:96 sprop-max-don-diff=4')).toMatchObject({ code: 'camera.no-h264' });
  });

  it('asks for no audio, whatever comes first', () => {
    const described = describeText(
      'v=0',
      'm=audio 0 RTP/AVP 96',
      'a=rtpmap:96 H264/90000',
      'a=control:audio',
      'm=video 0 RTP/AVP 97',
      'a=rtpmap:97 H264/90000',
      'a=control:video',
      'm=audio 0 RTP/AVP 8',
    );
    expect(described).toMatchObject({ control: 'video', track: { payloadType: 97 } });
  });

  it('takes the rate and the size from where a camera states them', () => {
    expect(describeText(...VIDEO, 'a=framerate:12.5').track.fps).toBe(12.5);
    expect(describeText(...VIDEO).track).toMatchObject({ fps: null, widthPx: null, profileLevelId: null });
    expect(describeText(...VIDEO, `a=fmtp:96 sprop-parameter-sets=${SPROP}`).track.profileLevelId).toBe('4d4016');
  });

  it('finds parameters that a camera wrote under its audio by mistake', () => {
    const described = describeText(...VIDEO, 'm=audio 0 RTP/AVP 8', `a=fmtp:96 sprop-parameter-sets=${SPROP}`);
    expect(described.track.widthPx).toBe(640);
  });

  it('reads descriptions that break rules: repeated session lines, wrong addresses, odd media', () => {
    const described = describeText(
      'v=0',
      'o=- 91674849066 1 IN IP4 192.168.1.123',
      's=RtspServer',
      'm=video 0 RTP/AVP 96',
      'c=IN IP4 nowhere at all',
      's=RtspServer',
      'a=control:track0',
      'a=rtpmap:96 H264/90000',
      'a=fmtp:96 packetization-mode=1;profile-level-id=42001E;sprop-parameter-sets=Z0IAHvQCgC3I,aM48gA==',
      'a=control:track0',
      'm=application/MERCURY 0 RTP/AVP smart/1/90000',
    );
    expect(described.control).toBe('track0');
    expect(described.track).toMatchObject({ widthPx: 1280, heightPx: 720, profileLevelId: '42001e' });
  });

  it('says what a camera offers instead of H.264 and H.265', () => {
    expect(refusal('v=0', 'm=video 0 RTP/AVP 26')).toMatchObject({ code: 'camera.no-h264' });
    expect(refusal('v=0', 'm=video 0 RTP/AVP 26').message).toContain('MJPEG');
    expect(refusal('v=0', 'm=video 0 RTP/AVP 96', 'a=rtpmap:96 VP8/90000').message).toContain('VP8');
    expect(refusal('v=0', 'm=audio 0 RTP/AVP 8').message).toContain('no video');
  });

  it('refuses what is no SDP or far too long', () => {
    expect(refusal('<html>').code).toBe('camera.protocol-violation');
    expect(refusal('').code).toBe('camera.protocol-violation');
    expect(refusal('v=0', `a=x:${'y'.repeat(70_000)}`).code).toBe('camera.protocol-violation');
  });
});
