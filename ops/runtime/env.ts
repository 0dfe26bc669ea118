import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import * as v from 'valibot';
import { AppError } from '#protocol/errors.ts';
import { tokenSchema, workerIdSchema } from '#protocol/ids.ts';

/** The only place that reads `process.env`. Parsed once, every problem reported at once, secrets never echoed. */

const port = v.pipe(v.string(), v.regex(/^\d{1,5}$/, 'must be a port number'), v.transform(Number), v.maxValue(65535));
const positiveInt = v.pipe(
  v.string(),
  v.regex(/^[1-9]\d{0,5}$/, 'must be a positive whole number'),
  v.transform(Number),
);
const text = v.pipe(v.string(), v.minLength(1));
const flag = v.picklist(['0', '1']);
const listOf = <S extends v.GenericSchema<string>>(item: S) =>
  v.pipe(
    v.string(),
    v.transform((list) => list.split(',').map((entry) => entry.trim())),
    v.array(item),
    v.maxLength(16, 'must not name more than 16'),
  );
/** As a browser writes them in `Origin`, so that they can be compared; `*`: any. */
const origin = v.pipe(
  v.string(),
  v.regex(/^(\*|https?:\/\/[a-z0-9.[\]:-]+)$/, 'must be origins such as https://player.example, or *'),
);
/** RFC 7064 and RFC 7065. */
const iceServer = v.pipe(
  v.string(),
  v.regex(
    /^(stuns?:|turns?:)([A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\])(:\d{1,5})?((?<=^turn.*)\?transport=(udp|tcp))?$/,
    'must be addresses such as stun:HOST:3478 or turn:HOST:3478?transport=udp',
  ),
);

/** Seeds of the simulated cameras' scenes, `entrance:SEED,hall:SEED`; `none`: no simulated cameras. */
const simulatedCameras = v.pipe(v.string(), v.regex(/^(none|[a-z]+:\d+(,[a-z]+:\d+)*)$/));

const environmentSchema = v.object({
  FOOTFALL_DATA: v.optional(text, '.footfall'),
  FOOTFALL_CACHE: v.optional(text, join(homedir(), '.cache', 'footfall')),
  FOOTFALL_HOST: v.optional(text, '127.0.0.1'),
  FOOTFALL_HTTP_PORT: v.optional(port),
  FOOTFALL_LOG: v.optional(v.picklist(['debug', 'info', 'warn', 'error']), 'info'),
  FOOTFALL_WORKER_ID: v.optional(workerIdSchema),
  /** What a worker has that others have not (a site, a GPU): cameras may be kept to such workers. */
  FOOTFALL_WORKER_GROUPS: v.optional(listOf(tokenSchema)),
  /** How many workers `start` runs: more than one is for trying out what a fleet does. */
  FOOTFALL_WORKERS: v.optional(v.pipe(positiveInt, v.maxValue(16)), '1'),
  FOOTFALL_RELAY: v.optional(v.picklist(['auto', 'mediasoup', 'werift']), 'auto'),
  FOOTFALL_RELAY_WORKERS: v.optional(positiveInt),
  FOOTFALL_RELAY_VIEWERS_PER_WORKER: v.optional(positiveInt, '150'),
  FOOTFALL_RTC_PORT: v.optional(port),
  FOOTFALL_ANNOUNCED_ADDRESS: v.optional(
    v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:-]{1,253}$/, 'must be an IP address or a host name')),
  ),
  FOOTFALL_MAX_VIEWERS_PER_CAMERA: v.optional(positiveInt, '100'),
  FOOTFALL_MAX_VIEWERS_PER_USER: v.optional(positiveInt, '100'),
  /** Whose pages may play video from here besides our own. */
  FOOTFALL_WHEP_ORIGINS: v.optional(listOf(origin)),
  FOOTFALL_ICE_SERVERS: v.optional(listOf(iceServer)),
  FOOTFALL_TURN_SECRET_FILE: v.optional(text),
  FOOTFALL_INFERENCE_THREADS: v.optional(positiveInt),
  /** Cameras that a worker runs at most; by what its detectors manage when this is not set. */
  FOOTFALL_MAX_CAMERAS: v.optional(positiveInt),
  /** How long a worker that is to end may take to hand its cameras over. */
  FOOTFALL_DRAIN_S: v.optional(v.pipe(v.string(), v.regex(/^\d{1,4}$/, 'must be seconds'), v.transform(Number)), '60'),
  FOOTFALL_SIMULATED_CAMERAS: v.optional(simulatedCameras, 'entrance:1000001,hall:1000002'),
  FOOTFALL_SEAL_KEY_FILE: v.optional(text),
  /** One server, or several of a cluster separated by commas. */
  NATS_URL: v.optional(text),
  NATS_USER: v.optional(text),
  NATS_PASSWORD_FILE: v.optional(text),
  NATS_SERVER_BIN: v.optional(text),
  DATABASE_URL: v.optional(v.pipe(text, v.regex(/^postgres(ql)?:\/\//, 'must start with postgresql://'))),
  DATABASE_PASSWORD_FILE: v.optional(text),
  MEDIASOUP_WORKER_BIN: v.optional(text),
  CHROMIUM_BIN: v.optional(text),
  /** Tests only: a folder of real clips, scenes to run again, and whether a missing mediasoup worker or RTSP peer fails. */
  FOOTFALL_EVAL: v.optional(text),
  FOOTFALL_TEST_SCENES: v.optional(simulatedCameras),
  FOOTFALL_REQUIRE_MEDIASOUP: v.optional(flag, '0'),
  FOOTFALL_REQUIRE_PEERS: v.optional(flag, '0'),
  PATH: v.optional(text, '/usr/local/bin:/usr/bin:/bin'),
});

const settingsSchema = v.pipe(
  environmentSchema,
  v.forward(
    v.check(
      (e) =>
        e.FOOTFALL_TURN_SECRET_FILE !== undefined || !e.FOOTFALL_ICE_SERVERS?.some((url) => url.startsWith('turn')),
      'must be set where FOOTFALL_ICE_SERVERS names a TURN server: browsers use none without credentials',
    ),
    ['FOOTFALL_TURN_SECRET_FILE'],
  ),
);

export interface Env {
  readonly dataDir: string;
  readonly cacheDir: string;
  readonly host: string;
  /** null: a free one is chosen. */
  readonly httpPort: number | null;
  readonly logLevel: 'debug' | 'info' | 'warn' | 'error';
  readonly workerId: string | null;
  readonly workerGroups: readonly string[];
  readonly workers: number;
  readonly relay: 'auto' | 'mediasoup' | 'werift';
  /** null: one for each core. */
  readonly relayWorkers: number | null;
  readonly relayViewersPerWorker: number;
  /** First port of video, UDP and TCP; null: whichever are free. */
  readonly rtcPort: number | null;
  /** Where viewers reach this machine, if not at its own addresses. */
  readonly announcedAddress: string | null;
  readonly maxViewersPerCamera: number;
  readonly maxViewersPerUser: number;
  readonly whepOrigins: readonly string[];
  readonly iceServers: readonly string[];
  readonly turnSecretFile: string | null;
  readonly inferenceThreads: number | null;
  readonly maxCameras: number | null;
  readonly drainMs: number;
  readonly simulatedCameras: string;
  readonly sealKeyFile: string | null;
  readonly natsUrl: string | null;
  readonly natsUser: string | null;
  readonly natsPasswordFile: string | null;
  readonly natsServerBin: string | null;
  readonly databaseUrl: string | null;
  readonly databasePasswordFile: string | null;
  readonly mediasoupWorkerBin: string | null;
  readonly chromiumBin: string | null;
  readonly evalDir: string | null;
  readonly testScenes: string | null;
  readonly requireMediasoup: boolean;
  readonly requirePeers: boolean;
  readonly path: string;
}

/** Throws AppError `config.invalid` that lists every bad variable by name, never by value. */
export function parseEnv(source: Readonly<Record<string, string | undefined>>): Env {
  const set = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''));
  const result = v.safeParse(settingsSchema, set);
  if (!result.success) {
    const faults = result.issues.map((issue) => `${v.getDotPath(issue) ?? 'environment'}: ${shown(issue)}`);
    throw new AppError('config.invalid', `bad settings in the environment: ${faults.join('; ')}`);
  }
  const e = result.output;
  return {
    dataDir: resolve(e.FOOTFALL_DATA),
    cacheDir: resolve(e.FOOTFALL_CACHE),
    host: e.FOOTFALL_HOST,
    httpPort: e.FOOTFALL_HTTP_PORT ?? null,
    logLevel: e.FOOTFALL_LOG,
    workerId: e.FOOTFALL_WORKER_ID ?? null,
    workerGroups: e.FOOTFALL_WORKER_GROUPS ?? [],
    workers: e.FOOTFALL_WORKERS,
    relay: e.FOOTFALL_RELAY,
    relayWorkers: e.FOOTFALL_RELAY_WORKERS ?? null,
    relayViewersPerWorker: e.FOOTFALL_RELAY_VIEWERS_PER_WORKER,
    rtcPort: e.FOOTFALL_RTC_PORT ?? null,
    announcedAddress: e.FOOTFALL_ANNOUNCED_ADDRESS ?? null,
    maxViewersPerCamera: e.FOOTFALL_MAX_VIEWERS_PER_CAMERA,
    maxViewersPerUser: e.FOOTFALL_MAX_VIEWERS_PER_USER,
    whepOrigins: e.FOOTFALL_WHEP_ORIGINS ?? [],
    iceServers: e.FOOTFALL_ICE_SERVERS ?? [],
    turnSecretFile: e.FOOTFALL_TURN_SECRET_FILE ?? null,
    inferenceThreads: e.FOOTFALL_INFERENCE_THREADS ?? null,
    maxCameras: e.FOOTFALL_MAX_CAMERAS ?? null,
    drainMs: e.FOOTFALL_DRAIN_S * 1000,
    simulatedCameras: e.FOOTFALL_SIMULATED_CAMERAS,
    sealKeyFile: e.FOOTFALL_SEAL_KEY_FILE ?? null,
    natsUrl: e.NATS_URL ?? null,
    natsUser: e.NATS_USER ?? null,
    natsPasswordFile: e.NATS_PASSWORD_FILE ?? null,
    natsServerBin: e.NATS_SERVER_BIN ?? null,
    databaseUrl: e.DATABASE_URL ?? null,
    databasePasswordFile: e.DATABASE_PASSWORD_FILE ?? null,
    mediasoupWorkerBin: e.MEDIASOUP_WORKER_BIN ?? null,
    chromiumBin: e.CHROMIUM_BIN ?? null,
    evalDir: e.FOOTFALL_EVAL ?? null,
    testScenes: e.FOOTFALL_TEST_SCENES ?? null,
    requireMediasoup: e.FOOTFALL_REQUIRE_MEDIASOUP === '1',
    requirePeers: e.FOOTFALL_REQUIRE_PEERS === '1',
    path: e.PATH,
  };
}

/** Valibot's own messages repeat the received value; only ours and the kind of fault are safe to show. */
function shown(issue: v.BaseIssue<unknown>): string {
  if (issue.kind === 'schema' && issue.expected !== null) return `must be ${issue.expected}`;
  return issue.message.startsWith('Invalid') ? `does not meet ${issue.expected ?? issue.type}` : issue.message;
}

export function readEnv(): Env {
  return parseEnv(process.env);
}

/** What a child process gets: this one's environment and what is added to it. */
export function childEnv(added: Readonly<Record<string, string | undefined>> = {}): NodeJS.ProcessEnv {
  return { ...process.env, ...added };
}

/** A secret from its file; throws AppError `secret.unreadable` naming the file. */
export function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (cause) {
    throw new AppError('secret.unreadable', `cannot read the secret in ${path}: check that it exists and is yours`, {
      cause,
    });
  }
}

/** `DATABASE_URL` with the password of `DATABASE_PASSWORD_FILE` in it. For the driver only: never log it. */
export function databaseUrlOf(env: Env): string {
  if (env.databaseUrl === null) {
    throw new AppError(
      'config.invalid',
      'DATABASE_URL is not set: start through `npm start`, or set it to your PostgreSQL',
    );
  }
  if (env.databasePasswordFile === null) return env.databaseUrl;
  const url = new URL(env.databaseUrl);
  url.password = encodeURIComponent(readSecretFile(env.databasePasswordFile));
  return url.href;
}
