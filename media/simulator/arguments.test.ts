import { describe, expect, it } from 'vitest';
import { readArguments } from './arguments.ts';

const cache = ['--cache-dir', '/tmp/x'];

describe('readArguments', () => {
  it('plays entrance and hall on free ports by default', () => {
    const plain = { needsLogin: false, sendsReports: true };
    expect(readArguments(cache)).toEqual({
      rtspPort: 0,
      controlPort: 0,
      cacheDir: '/tmp/x',
      cameras: [
        { name: 'entrance', scene: 'entrance', seed: 1_000_001, ...plain },
        { name: 'hall', scene: 'hall', seed: 1_000_002, ...plain },
      ],
    });
  });

  it('reads names apart from scenes, logins and missing reports', () => {
    const { cameras } = readArguments([
      ...cache,
      '--cameras=door=entrance:1999999999,hall:8',
      '--with-login=door',
      '--without-reports=hall',
    ]);
    expect(cameras).toEqual([
      { name: 'door', scene: 'entrance', seed: 1_999_999_999, needsLogin: true, sendsReports: true },
      { name: 'hall', scene: 'hall', seed: 8, needsLogin: false, sendsReports: false },
    ]);
  });

  it.each([
    [[], '--cache-dir is missing'],
    [[...cache, '--what'], '--what'],
    [[...cache, '--rtsp-port=65536'], '--rtsp-port must be 0 to 65535'],
    [[...cache, '--control-port=x'], '--control-port must be 0 to 65535'],
    [[...cache, '--cameras=entrance'], '"entrance" in --cameras is not NAME:SEED'],
    [[...cache, '--cameras=garage:1'], 'no scene "garage"'],
    [[...cache, '--cameras=a=hall:1,a=hall:2'], 'twice'],
    [[...cache, '--with-login=attic'], 'no camera "attic"'],
  ])('refuses %j and says why', (argv, why) => {
    expect(() => readArguments(argv)).toThrow(expect.objectContaining({ code: 'config.invalid' }));
    expect(() => readArguments(argv)).toThrow(why);
  });
});
