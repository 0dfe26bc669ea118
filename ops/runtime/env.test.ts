import { describe, expect, it } from 'vitest';
import { parseEnv } from './env.ts';

describe('parseEnv', () => {
  it('lets the relay decide by itself where nothing is set', () => {
    expect(parseEnv({})).toMatchObject({
      relay: 'auto',
      relayWorkers: null,
      relayViewersPerWorker: 150,
      rtcPort: null,
      announcedAddress: null,
    });
  });

  it('reads how the relay is to be spread, and where viewers reach it', () => {
    const env = parseEnv({
      FOOTFALL_RELAY_WORKERS: '4',
      FOOTFALL_RELAY_VIEWERS_PER_WORKER: '80',
      FOOTFALL_RTC_PORT: '41000',
      FOOTFALL_ANNOUNCED_ADDRESS: 'video.example.com',
    });
    expect(env).toMatchObject({
      relayWorkers: 4,
      relayViewersPerWorker: 80,
      rtcPort: 41_000,
      announcedAddress: 'video.example.com',
    });
  });

  it('names every bad setting at once and repeats no value', () => {
    const bad = { FOOTFALL_RELAY_WORKERS: '0', FOOTFALL_RTC_PORT: '70000', FOOTFALL_ANNOUNCED_ADDRESS: 'a b\r\nc' };
    expect(() => parseEnv(bad)).toThrow(
      expect.objectContaining({
        code: 'config.invalid',
        message: expect.stringMatching(
          /^(?!.*70000)(?!.*a b).*FOOTFALL_RELAY_WORKERS.*FOOTFALL_RTC_PORT.*FOOTFALL_ANNOUNCED_ADDRESS/s,
        ) as string,
      }) as Error,
    );
  });

  it('takes who may play video, and by which servers, as lists', () => {
    const env = parseEnv({
      FOOTFALL_WHEP_ORIGINS: 'https://player.example, http://192.0.2.7:8080',
      FOOTFALL_ICE_SERVERS: 'stun:stun.example,turn:[2001:db8::1]:3478?transport=udp,turns:turn.example',
      FOOTFALL_TURN_SECRET_FILE: '/run/turn.secret',
      FOOTFALL_MAX_VIEWERS_PER_USER: '4',
    });
    expect(env).toMatchObject({
      whepOrigins: ['https://player.example', 'http://192.0.2.7:8080'],
      iceServers: ['stun:stun.example', 'turn:[2001:db8::1]:3478?transport=udp', 'turns:turn.example'],
      turnSecretFile: '/run/turn.secret',
      maxViewersPerUser: 4,
      maxViewersPerCamera: 100,
    });
    expect(parseEnv({})).toMatchObject({ whepOrigins: [], iceServers: [], turnSecretFile: null });
  });

  it.each([
    ['FOOTFALL_WHEP_ORIGINS', 'https://video.test/page'],
    ['FOOTFALL_WHEP_ORIGINS', 'video.test'],
    ['FOOTFALL_WHEP_ORIGINS', 'https://video.test,'],
    ['FOOTFALL_ICE_SERVERS', 'https://turn.example'],
    ['FOOTFALL_ICE_SERVERS', 'stun:stun.example?transport=udp'],
    ['FOOTFALL_ICE_SERVERS', 'stun:a>; rel="x"'],
    ['FOOTFALL_ICE_SERVERS', 'turn:user:password@turn.example'],
    ['FOOTFALL_ICE_SERVERS', Array.from({ length: 17 }, () => 'stun:a').join(',')],
  ])('refuses %s=%s without repeating it', (name, value) => {
    expect(() => parseEnv({ [name]: value })).toThrow(name);
    expect(() => parseEnv({ [name]: value })).not.toThrow(value);
  });

  it('asks for the secret where a TURN server is named', () => {
    expect(() => parseEnv({ FOOTFALL_ICE_SERVERS: 'stun:a,turn:b' })).toThrow('FOOTFALL_TURN_SECRET_FILE: must be set');
    expect(() => parseEnv({ FOOTFALL_ICE_SERVERS: 'stun:a' })).not.toThrow();
  });
});
