import { createHash } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface OnvifProfile {
  readonly token: string;
  /** What GetStreamUri answers. */
  readonly streamUri: string;
  readonly onSynchronizationPoint: () => void;
}

export interface OnvifDeviceOptions {
  readonly profiles: readonly OnvifProfile[];
  /** null: everybody may ask. */
  readonly login: { readonly username: string; readonly password: string } | null;
  /** How far the camera's clock is ahead. */
  readonly clockAheadMs?: number;
  /** The address it names its media service by; absent: its own. */
  readonly mediaAddress?: string;
}

/** The opener closes it. */
export interface OnvifDevice {
  readonly deviceUrl: string;
  /** Names of the operations asked for, in order, also those refused. */
  readonly operations: readonly string[];
  close(): Promise<void>;
}

const MAX_REQUEST_BYTES = 64 * 1024;
/** Cameras refuse tokens that are older. */
const TOKEN_VALID_MS = 5_000;
const PREFIXES =
  'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" ' +
  'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"';

/** A camera's ONVIF services, as far as asking for a key frame needs them (Profile S), on a free port of 127.0.0.1. */
export async function openOnvifDevice(options: OnvifDeviceOptions): Promise<OnvifDevice> {
  const operations: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > MAX_REQUEST_BYTES) request.destroy();
      else chunks.push(chunk);
    });
    request.on('end', () => {
      const { status, body } = answer(Buffer.concat(chunks).toString(), `http://${request.headers.host ?? ''}`);
      response.writeHead(status, { 'content-type': 'application/soap+xml; charset=utf-8' }).end(body);
    });
  });

  const answer = (text: string, origin: string): { status: number; body: string } => {
    const [, operation = '', content = ''] = /<s:Body>\s*<\w+:(\w+)([^]*)<\/s:Body>/.exec(text) ?? [];
    operations.push(operation);
    if (operation !== 'GetSystemDateAndTime' && !isLoggedIn(text, options)) return fault('ter:NotAuthorized');
    const profile = options.profiles.find(({ token }) => content.includes(`ProfileToken>${token}<`));
    switch (operation) {
      case 'GetSystemDateAndTime':
        return reply('tds', operation, `<tds:SystemDateAndTime>${utc(options)}</tds:SystemDateAndTime>`);
      case 'GetCapabilities': {
        const address = options.mediaAddress ?? `${origin}/onvif/media_service`;
        const media = `<tt:Media><tt:XAddr>${address}</tt:XAddr></tt:Media>`;
        return reply('tds', operation, `<tds:Capabilities>${media}</tds:Capabilities>`);
      }
      case 'GetProfiles': {
        const list = options.profiles.map(({ token }) => `<trt:Profiles token="${token}" fixed="true"/>`);
        return reply('trt', operation, list.join(''));
      }
      case 'GetStreamUri':
        if (profile === undefined) return fault('ter:NoProfile');
        return reply('trt', operation, `<trt:MediaUri><tt:Uri>${profile.streamUri}</tt:Uri></trt:MediaUri>`);
      case 'SetSynchronizationPoint':
        if (profile === undefined) return fault('ter:NoProfile');
        profile.onSynchronizationPoint();
        return reply('trt', operation, '');
      default:
        return fault('ter:ActionNotSupported');
    }
  };

  await listen(server);
  const { port } = server.address() as AddressInfo;
  return {
    deviceUrl: `http://127.0.0.1:${String(port)}/onvif/device_service`,
    operations,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections();
      }),
  };
}

/** WS-Security UsernameToken profile 1.0 with a digest, made by the camera's own clock. */
function isLoggedIn(text: string, { login, clockAheadMs = 0 }: OnvifDeviceOptions): boolean {
  if (login === null) return true;
  const field = (name: string): string => new RegExp(`:${name}\\b[^>]*>([^<]*)<`).exec(text)?.[1] ?? '';
  const created = field('Created');
  if (!(Math.abs(Date.parse(created) - Date.now() - clockAheadMs) < TOKEN_VALID_MS)) return false;
  const nonce = Buffer.from(field('Nonce'), 'base64');
  const digest = createHash('sha1').update(nonce).update(created).update(login.password).digest('base64');
  return field('Username') === login.username && field('Password') === digest;
}

function utc({ clockAheadMs = 0 }: OnvifDeviceOptions): string {
  const now = new Date(Date.now() + clockAheadMs);
  const time = `<tt:Hour>${String(now.getUTCHours())}</tt:Hour><tt:Minute>${String(now.getUTCMinutes())}</tt:Minute><tt:Second>${String(now.getUTCSeconds())}</tt:Second>`;
  const date = `<tt:Year>${String(now.getUTCFullYear())}</tt:Year><tt:Month>${String(now.getUTCMonth() + 1)}</tt:Month><tt:Day>${String(now.getUTCDate())}</tt:Day>`;
  return `<tt:UTCDateTime><tt:Time>${time}</tt:Time><tt:Date>${date}</tt:Date></tt:UTCDateTime>`;
}

function reply(prefix: string, operation: string, content: string): { status: number; body: string } {
  const element = `${prefix}:${operation}Response`;
  return { status: 200, body: envelope(`<${element}>${content}</${element}>`) };
}

function fault(subcode: string): { status: number; body: string } {
  const code = `<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code>`;
  return { status: 400, body: envelope(`<s:Fault>${code}</s:Fault>`) };
}

function envelope(content: string): string {
  return `<?xml version="1.0"?><s:Envelope ${PREFIXES}><s:Body>${content}</s:Body></s:Envelope>`;
}

function listen(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
}
