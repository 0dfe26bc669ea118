import { AppError, toAppError } from '#protocol/errors.ts';
import type { Credentials } from '../ingest/ingest.port.ts';
import { OnvifHttp } from './onvif-http.ts';
import { envelope, escaped, parseReply, textOf, usernameToken } from './soap.ts';

const DEVICE = 'http://www.onvif.org/ver10/device/wsdl';
const MEDIA = 'http://www.onvif.org/ver10/media/wsdl';
const SCHEMA = 'http://www.onvif.org/ver10/schema';
/** A camera without ONVIF, or without this profile, is not asked again for so long. */
const REFUSED_FOR_MS = 10 * 60_000;
const ASK_EVERY_MS = 2_000;
const MAX_PROFILES = 16;

export interface KeyFrameAskerOptions {
  /** rtsp:// address of the stream that should get a key frame, without credentials. */
  readonly streamUrl: string;
  readonly credentials: Credentials | null;
  /** Where the camera's device service is; absent: where the standard puts it, on the stream's host. */
  readonly deviceUrl?: string;
  readonly monotonicMs: () => number;
  readonly epochMs: () => number;
  /** Told once for each way in which it cannot be asked. */
  readonly onRefused: (error: AppError) => void;
}

export interface KeyFrameAskerStats {
  readonly asked: number;
  /** Requests that led to nothing: too soon after another, or the camera does not offer it. */
  readonly dropped: number;
}

/** Where and under which name a camera takes the request. */
interface MediaProfile {
  readonly service: URL;
  readonly token: string;
  /** The camera's clock less ours. */
  readonly clockAheadMs: number;
}

/**
 * Asks a camera for a key frame by ONVIF's SetSynchronizationPoint (Media Service Specification 5.14), at most once in two
 * seconds. Finds its way on the first request: the device service names the media service, whose profile of this stream is
 * the one whose stream address has the same path. Never rejects.
 */
export class KeyFrameAsker {
  readonly #options: KeyFrameAskerOptions;
  readonly #http: OnvifHttp;
  #profile: MediaProfile | null = null;
  #isAsking = false;
  #notBeforeMs = -Infinity;
  #refusal = '';
  #asked = 0;
  #dropped = 0;

  constructor(options: KeyFrameAskerOptions) {
    this.#options = options;
    this.#http = new OnvifHttp(options.credentials);
  }

  stats(): KeyFrameAskerStats {
    return { asked: this.#asked, dropped: this.#dropped };
  }

  async ask(): Promise<void> {
    const now = this.#options.monotonicMs();
    if (this.#isAsking || now < this.#notBeforeMs) {
      this.#dropped += 1;
      return;
    }
    this.#isAsking = true;
    this.#notBeforeMs = now + ASK_EVERY_MS;
    try {
      this.#profile ??= await this.#findProfile();
      const { service, token, clockAheadMs } = this.#profile;
      const body = `<m:SetSynchronizationPoint xmlns:m="${MEDIA}"><m:ProfileToken>${escaped(token)}</m:ProfileToken></m:SetSynchronizationPoint>`;
      await this.#call(service, body, clockAheadMs);
      this.#asked += 1;
    } catch (error) {
      this.#profile = null;
      this.#dropped += 1;
      this.#notBeforeMs = this.#options.monotonicMs() + REFUSED_FOR_MS;
      this.#tell(toAppError(error));
    } finally {
      this.#isAsking = false;
    }
  }

  #tell(error: AppError): void {
    if (error.message === this.#refusal) return;
    this.#refusal = error.message;
    this.#options.onRefused(error);
  }

  async #findProfile(): Promise<MediaProfile> {
    const device = this.#deviceUrl();
    const clockAheadMs = await this.#clockAhead(device);
    const capabilities = await this.#call(
      device,
      `<d:GetCapabilities xmlns:d="${DEVICE}"><d:Category>Media</d:Category></d:GetCapabilities>`,
      clockAheadMs,
    );
    const service = onHost(device, textOf(capabilities, 'XAddr') ?? '');
    const profiles = await this.#call(service, `<m:GetProfiles xmlns:m="${MEDIA}"/>`, clockAheadMs);
    const tokens = [...profiles.getElementsByTagNameNS('*', 'Profiles')]
      .map((profile) => profile.getAttribute('token') ?? '')
      .filter((token) => token !== '')
      .slice(0, MAX_PROFILES);
    for (const token of tokens) {
      if (await this.#plays(service, token, clockAheadMs)) return { service, token, clockAheadMs };
    }
    const count = String(tokens.length);
    throw new AppError('camera.refused-request', `none of its ${count} ONVIF profiles plays the stream that is shown`);
  }

  async #plays(service: URL, token: string, clockAheadMs: number): Promise<boolean> {
    const reply = await this.#call(
      service,
      `<m:GetStreamUri xmlns:m="${MEDIA}" xmlns:t="${SCHEMA}"><m:StreamSetup><t:Stream>RTP-Unicast</t:Stream><t:Transport><t:Protocol>RTSP</t:Protocol></t:Transport></m:StreamSetup><m:ProfileToken>${escaped(token)}</m:ProfileToken></m:GetStreamUri>`,
      clockAheadMs,
    );
    const [theirs, ours] = [textOf(reply, 'Uri') ?? '', this.#options.streamUrl];
    return URL.canParse(theirs) && pathOf(theirs) === pathOf(ours);
  }

  async #call(service: URL, body: string, clockAheadMs: number): Promise<ReturnType<typeof parseReply>> {
    const { credentials, epochMs } = this.#options;
    const login = credentials === null ? '' : usernameToken(credentials, epochMs() + clockAheadMs);
    return parseReply(await this.#http.post(service, envelope(body, login)));
  }

  /** The standard lets everybody ask for the time, so that tokens can be made by the camera's clock. */
  async #clockAhead(device: URL): Promise<number> {
    const reply = parseReply(
      await this.#http.post(device, envelope(`<d:GetSystemDateAndTime xmlns:d="${DEVICE}"/>`, '')),
    );
    const utc = reply.getElementsByTagNameNS('*', 'UTCDateTime').item(0);
    if (utc === null) return 0;
    const part = (name: string): number => Number(textOf(utc, name));
    const theirsMs = Date.UTC(
      ...([part('Year'), part('Month') - 1, part('Day'), part('Hour'), part('Minute'), part('Second')] as const),
    );
    return Number.isFinite(theirsMs) ? theirsMs - this.#options.epochMs() : 0;
  }

  #deviceUrl(): URL {
    const { deviceUrl, streamUrl } = this.#options;
    return new URL(deviceUrl ?? `http://${new URL(streamUrl).hostname}/onvif/device_service`);
  }
}

/** A camera that names another host (behind NAT, or to send us elsewhere) is asked where it was found. */
function onHost(device: URL, address: string): URL {
  const url = URL.canParse(address) ? new URL(address) : new URL('/onvif/media_service', device);
  if (url.protocol === device.protocol && url.hostname === device.hostname) return url;
  return new URL(url.pathname + url.search, device.origin);
}

function pathOf(address: string): string {
  const { pathname, search } = new URL(address);
  return pathname + search;
}
