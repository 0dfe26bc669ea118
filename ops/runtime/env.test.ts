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
});
