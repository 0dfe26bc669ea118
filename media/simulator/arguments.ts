import { parseArgs } from 'node:util';
import { AppError } from '#protocol/errors.ts';
import { TOKEN_PATTERN } from '#protocol/ids.ts';
import type { SceneName } from './loop.port.ts';

export interface CameraArgument {
  readonly name: string;
  readonly scene: SceneName;
  readonly seed: number;
  readonly needsLogin: boolean;
  readonly sendsReports: boolean;
}

export interface SimulatorArguments {
  /** 0: any free one. */
  readonly rtspPort: number;
  readonly controlPort: number;
  readonly cacheDir: string;
  readonly cameras: readonly CameraArgument[];
}

export const USAGE = `node media/simulator/main.ts --cache-dir DIR [options]
  --cache-dir DIR             rendered loops are kept here
  --rtsp-port N               0 = any free one (default 0)
  --control-port N            0 = any free one (default 0)
  --cameras LIST              NAME[=SCENE]:SEED, ...; scenes: entrance, hall (default entrance:1000001,hall:1000002)
  --with-login NAME,...       these want a login; it is made up and told in the ready line
  --without-reports NAME,...  these send no RTCP sender reports`;

/** Throws AppError `config.invalid` that says what is wrong with which argument. */
export function readArguments(argv: readonly string[]): SimulatorArguments {
  const values = parse(argv);
  const cacheDir = values['cache-dir'];
  if (cacheDir === undefined || cacheDir === '') throw refuse('--cache-dir is missing');
  const withLogin = namesIn(values['with-login']);
  const withoutReports = namesIn(values['without-reports']);
  const cameras = values.cameras.split(',').map((spec): CameraArgument => {
    const camera = readCamera(spec.trim());
    return { ...camera, needsLogin: withLogin.has(camera.name), sendsReports: !withoutReports.has(camera.name) };
  });
  const names = new Set(cameras.map((camera) => camera.name));
  if (names.size < cameras.length) throw refuse('--cameras names a camera twice');
  for (const name of [...withLogin, ...withoutReports]) {
    if (!names.has(name)) throw refuse(`there is no camera "${name}" in --cameras`);
  }
  return {
    rtspPort: readPort('--rtsp-port', values['rtsp-port']),
    controlPort: readPort('--control-port', values['control-port']),
    cacheDir,
    cameras,
  };
}

function parse(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        'cache-dir': { type: 'string' },
        'rtsp-port': { type: 'string', default: '0' },
        'control-port': { type: 'string', default: '0' },
        cameras: { type: 'string', default: 'entrance:1000001,hall:1000002' },
        'with-login': { type: 'string', default: '' },
        'without-reports': { type: 'string', default: '' },
      },
    }).values;
  } catch (error) {
    throw refuse(error instanceof Error ? error.message : String(error));
  }
}

function readCamera(spec: string): { name: string; scene: SceneName; seed: number } {
  const [, name = '', scene = name, seed = ''] = /^([^=:]+)(?:=([^:]*))?:(\d{1,15})$/.exec(spec) ?? [];
  if (!TOKEN_PATTERN.test(name)) throw refuse(`"${spec}" in --cameras is not NAME:SEED or NAME=SCENE:SEED`);
  if (scene !== 'entrance' && scene !== 'hall') throw refuse(`there is no scene "${scene}": entrance, hall`);
  return { name, scene, seed: Number(seed) };
}

function readPort(argument: string, text: string): number {
  const port = Number(text);
  if (!/^\d{1,5}$/.test(text) || port > 65_535) throw refuse(`${argument} must be 0 to 65535, not "${text}"`);
  return port;
}

function namesIn(list: string): Set<string> {
  return new Set(list.split(',').filter((name) => name !== ''));
}

function refuse(what: string): AppError {
  return new AppError('config.invalid', `${what}\n${USAGE}`);
}
