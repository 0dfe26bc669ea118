const REASONS: Readonly<Record<number, string>> = {
  200: 'OK',
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  405: 'Method Not Allowed',
  413: 'Request Entity Too Large',
  414: 'Request-URI Too Large',
  451: 'Parameter Not Understood',
  454: 'Session Not Found',
  455: 'Method Not Valid in This State',
  461: 'Unsupported Transport',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  503: 'Service Unavailable',
  505: 'RTSP Version Not Supported',
};

export interface RtspResponse {
  readonly status: number;
  /** In order; a name may come twice (WWW-Authenticate). */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: string;
}

/** A response on the wire (RFC 2326 section 7). `cseq` is null when the request's could not be read. */
export function writeResponse(response: RtspResponse, cseq: number | null): string {
  const lines = [`RTSP/1.0 ${String(response.status)} ${REASONS[response.status] ?? 'Unknown'}`];
  if (cseq !== null) lines.push(`CSeq: ${String(cseq)}`);
  for (const [name, value] of response.headers ?? []) lines.push(`${name}: ${value}`);
  const body = response.body ?? '';
  if (body !== '') lines.push(`Content-Length: ${String(Buffer.byteLength(body))}`);
  return `${lines.join('\r\n')}\r\n\r\n${body}`;
}
