import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as v from 'valibot';
import { AppError, toAppError } from '#protocol/errors.ts';
import { faultSchema } from './camera-faults.ts';
import type { SimulatedCamera } from './simulated-camera.ts';

export interface ControlServer {
  readonly port: number;
  close(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

const MAX_BODY_BYTES = 4096;
const commandSchema = v.variant('kind', [...faultSchema.options, v.object({ kind: v.literal('recover') })]);
const timeSchema = v.pipe(v.string(), v.regex(/^\d{1,15}(\.\d{1,6})?$/, 'must be epoch ms'), v.transform(Number));

/**
 * The simulator's remote control, HTTP and JSON on loopback:
 * - `GET /cameras`: status of each
 * - `GET /cameras/<name>/truth?since=<epoch ms>`: status, and the true crossings later than `since`
 * - `GET /cameras/<name>/boxes?at=<epoch ms>`: true boxes at an instant, now if not given; null before the scene
 * - `POST /cameras/<name>/fault`: a fault (`camera-faults.ts`), or `{"kind":"recover"}`
 */
export async function openControl(cameras: readonly SimulatedCamera[], port: number): Promise<ControlServer> {
  const server = createServer({ requestTimeout: 5000, headersTimeout: 5000 }, (request, response) => {
    void respond(request, response, cameras);
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

async function respond(
  request: IncomingMessage,
  response: ServerResponse,
  cameras: readonly SimulatedCamera[],
): Promise<void> {
  const answer = await answerTo(request, cameras).catch((error: unknown): Answer => {
    const { status, code, message } = toAppError(error);
    return { status, body: { error: { code, message } } };
  });
  response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
  response.end(JSON.stringify(answer.body));
}

async function answerTo(request: IncomingMessage, cameras: readonly SimulatedCamera[]): Promise<Answer> {
  // A page of another site must not steer it through somebody's browser.
  if (!/^(127\.0\.0\.1|localhost)(:\d+)?$/.test(request.headers.host ?? '')) {
    throw new AppError('input.invalid', 'Host must be 127.0.0.1 or localhost');
  }
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  const [, root, name, what, ...more] = url.pathname.split('/');
  if (root !== 'cameras' || more.length > 0) throw new AppError('camera.not-found', `nothing at ${url.pathname}`);
  if (name === undefined) return only('GET', request, () => cameras.map((camera) => camera.status()));
  const camera = cameras.find((one) => one.name === name);
  if (camera === undefined) throw new AppError('camera.not-found', `no camera "${name}"`);
  if (what === 'truth') return only('GET', request, () => truthOf(camera, url));
  if (what === 'boxes') return only('GET', request, () => boxesOf(camera, url));
  if (what === 'fault') return only('POST', request, async () => setFault(camera, await readJson(request)));
  throw new AppError('camera.not-found', `nothing at ${url.pathname}`);
}

async function only(method: string, request: IncomingMessage, act: () => unknown): Promise<Answer> {
  if (request.method === method) return { status: 200, body: await act() };
  const message = `only ${method} is understood here`;
  return { status: 405, headers: { allow: method }, body: { error: { code: 'input.invalid', message } } };
}

function truthOf(camera: SimulatedCamera, url: URL): unknown {
  const sinceMs = readTime(url, 'since');
  return { ...camera.status(), ...truth(camera).crossings(sinceMs) };
}

function boxesOf(camera: SimulatedCamera, url: URL): unknown {
  const atMs = readTime(url, 'at') ?? truth(camera).crossings(Infinity).nowMs;
  return { atMs, boxes: truth(camera).boxesAt(atMs) };
}

function setFault(camera: SimulatedCamera, body: unknown): unknown {
  const parsed = v.safeParse(commandSchema, body);
  if (!parsed.success) throw new AppError('input.invalid', `not a fault: ${v.summarize(parsed.issues)}`);
  camera.setFault(parsed.output.kind === 'recover' ? null : parsed.output);
  return camera.status();
}

function truth(camera: SimulatedCamera): NonNullable<SimulatedCamera['truth']> {
  if (camera.truth === null)
    throw new AppError('input.invalid', `camera "${camera.name}" plays a film: no truth is known`);
  return camera.truth;
}

function readTime(url: URL, name: string): number | undefined {
  const text = url.searchParams.get(name);
  if (text === null) return undefined;
  const parsed = v.safeParse(timeSchema, text);
  if (!parsed.success) throw new AppError('input.invalid', `"${name}" ${parsed.issues[0].message}`);
  return parsed.output;
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  if (request.headers['content-type']?.split(';')[0]?.trim() !== 'application/json') {
    throw new AppError('input.invalid', 'send application/json');
  }
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > MAX_BODY_BYTES) throw new AppError('input.too-large', 'a fault takes less than 4 KiB');
    chunks.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(chunks).toString('utf8'));
  } catch (cause) {
    throw new AppError('input.invalid', 'the body is not JSON', { cause });
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) => {
      reject(new AppError('config.invalid', `cannot listen on 127.0.0.1:${String(port)}: ${cause.message}`, { cause }));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}
