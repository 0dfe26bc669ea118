import { describe, expect, it } from 'vitest';
import { contentBase, controlUrl, streamAddress } from './rtsp-url.ts';

const address = streamAddress('rtsp://cam.example/cam/realmonitor?channel=1&subtype=0');
const BASE = 'rtsp://cam.example:554/cam/realmonitor?channel=1&subtype=0';

describe('streamAddress', () => {
  it('names the port in requests and leaves user and password out', () => {
    expect(streamAddress('rtsp://user:secret@cam.example/a').requestUrl).toBe('rtsp://cam.example:554/a');
    expect(streamAddress('rtsps://cam.example').requestUrl).toBe('rtsps://cam.example:322');
    expect(streamAddress('rtsp://[::1]:8554/a')).toMatchObject({
      host: '::1',
      port: 8554,
      requestUrl: 'rtsp://[::1]:8554/a',
    });
  });

  it.each(['http://cam/', 'rtsp://', 'cam.example/a', ''])('refuses %j', (text) => {
    expect(() => streamAddress(text)).toThrow(expect.objectContaining({ code: 'camera.url-malformed' }));
  });
});

describe('contentBase', () => {
  it('is the address asked for when the camera states none', () => {
    expect(contentBase(address, null)).toBe(BASE);
    expect(contentBase(address, '')).toBe(BASE);
  });

  it.each([
    ['rtsp://192.168.1.9:554/live/', 'rtsp://cam.example:554/live/'],
    ['rtsp://0.0.0.0/live', 'rtsp://cam.example:554/live'],
    ['rtsp://::ffff:192.168.1.123/onvif/profile.1/', 'rtsp://cam.example:554/onvif/profile.1/'],
    ['rtsp://rtsp://turret.lan:554/stream1/', 'rtsp://cam.example:554/stream1/'],
    ['rtsp://other.example?x=1', 'rtsp://cam.example:554?x=1'],
    ['rtsp://10.0.0.4', 'rtsp://cam.example:554'],
    ['/live/', 'rtsp://cam.example:554/live/'],
  ])('keeps path and query of %s but never its host', (stated, expected) => {
    expect(contentBase(address, stated)).toBe(expected);
  });
});

describe('controlUrl', () => {
  it.each([
    [BASE, 'trackID=1', `${BASE}/trackID=1`],
    ['rtsp://cam.example:554/live/', 'trackID=1', 'rtsp://cam.example:554/live/trackID=1'],
    ['rtsp://cam.example:554/live/', '*', 'rtsp://cam.example:554/live/'],
    ['rtsp://cam.example:554/live/', null, 'rtsp://cam.example:554/live/'],
    ['rtsp://cam.example:554/live/', '/trackID=1', 'rtsp://cam.example:554/live/trackID=1'],
    ['rtsp://cam.example:554/live/', '/live/trackID=1', 'rtsp://cam.example:554/live/trackID=1'],
    ['rtsp://cam.example:554/live/', 'RTSP://10.0.0.4/live/video?x=1', 'rtsp://cam.example:554/live/video?x=1'],
  ])('resolves against %s the control %s to %s', (base, control, expected) => {
    expect(controlUrl(address, base, control)).toBe(expected);
  });
});
