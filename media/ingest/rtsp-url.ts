import { AppError } from '#protocol/errors.ts';
import { parseStreamUrl } from '#protocol/camera.ts';

/** Where a stream is reached, and how requests name it. */
export interface StreamAddress {
  readonly host: string;
  readonly port: number;
  readonly isTls: boolean;
  /** What requests begin with: `rtsp://host:port`. */
  readonly origin: string;
  /** The whole address as requests name it; never with user and password. */
  readonly requestUrl: string;
}

const DEFAULT_PORT = 554;
const DEFAULT_TLS_PORT = 322;

/** Throws camera.url-malformed. The port is always named, as FFmpeg does: cameras are tested against it. */
export function streamAddress(text: string): StreamAddress {
  const url = parseStreamUrl(text);
  if (url === null) {
    throw new AppError(
      'camera.url-malformed',
      'The camera address must look like rtsp://host[:port]/path (or rtsps://).',
    );
  }
  const isTls = url.protocol === 'rtsps:';
  const port = url.port === '' ? (isTls ? DEFAULT_TLS_PORT : DEFAULT_PORT) : Number(url.port);
  const origin = `${url.protocol}//${url.hostname}:${String(port)}`;
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port,
    isTls,
    origin,
    requestUrl: `${origin}${url.pathname}${url.search}`,
  };
}

/**
 * What track addresses are relative to: Content-Base, else Content-Location, else the address asked for (RFC 2326
 * section C.1.1). Whatever host a camera names there, requests keep naming the one the operator typed: cameras behind
 * address translation name one that means nothing here, and nothing may be sent elsewhere on a camera's word.
 */
export function contentBase(address: StreamAddress, stated: string | null): string {
  if (stated === null || stated === '') return address.requestUrl;
  if (hasScheme(stated)) return rehost(address, stated);
  return stated.startsWith('/') ? address.origin + stated : controlUrl(address, address.requestUrl, stated);
}

/**
 * The address of a control attribute. A relative one is put behind the base with a slash, query and all, which is what
 * cameras mean by it (FFmpeg, GStreamer and live555 do the same), though RFC 3986 would drop the base's last part.
 */
export function controlUrl(address: StreamAddress, base: string, control: string | null): string {
  if (control === null || control === '' || control === '*') return base;
  if (hasScheme(control)) return rehost(address, control);
  if (!control.startsWith('/')) return base.endsWith('/') ? base + control : `${base}/${control}`;
  const trunk = base.replace(/\/$/, '');
  const isWholePath = `${address.origin}${control}`.startsWith(trunk);
  return (isWholePath ? address.origin : trunk) + control;
}

function hasScheme(text: string): boolean {
  return /^rtsps?:\/\//i.test(text);
}

/** Path and query of an address on our own origin. Not by `URL`: cameras state hosts that it refuses to parse. */
function rehost(address: StreamAddress, text: string): string {
  const rest = text.replace(/^(?:rtsps?:\/\/)+/i, ''); // Seen in the field: rtsp://rtsp://host/path.
  const slash = rest.search(/[/?]/);
  return slash === -1 ? address.origin : address.origin + rest.slice(slash);
}
