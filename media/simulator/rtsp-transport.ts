export interface InterleavedChannels {
  readonly rtp: number;
  readonly rtcp: number;
}

/**
 * Channels for the first offered transport this server can do (RFC 2326 section 12.39): RTP over the RTSP connection.
 * Null when there is none.
 */
export function chooseTransport(header: string | undefined): InterleavedChannels | null {
  for (const spec of header?.split(',') ?? []) {
    const [protocol = '', ...parameters] = spec.split(';').map((part) => part.trim());
    if (protocol.toUpperCase() !== 'RTP/AVP/TCP') continue;
    if (parameters.some((parameter) => parameter.toLowerCase() === 'multicast')) continue;
    const interleaved = parameters.find((parameter) => /^interleaved=/i.test(parameter));
    if (interleaved === undefined) return { rtp: 0, rtcp: 1 };
    const channels = readChannels(interleaved.slice('interleaved='.length));
    if (channels !== null) return channels;
  }
  return null;
}

function readChannels(text: string): InterleavedChannels | null {
  const match = /^(\d{1,3})(?:-(\d{1,3}))?$/.exec(text);
  if (match === null) return null;
  const rtp = Number(match[1]);
  const rtcp = match[2] === undefined ? rtp + 1 : Number(match[2]);
  return rtp <= 255 && rtcp <= 255 && rtp !== rtcp ? { rtp, rtcp } : null;
}
