/** SDP fragments of a WHEP session's PATCH (RFC 8840 section 9, RFC 9725 section 4.3), written and read. */

/** An ICE restart asked for: the new credentials and the candidates of a local description's first medium. */
export function restartFragment(localSdp: string): string {
  const lines = linesOf(localSdp);
  const mediumAt = lines.findIndex(isMedium);
  const session = lines.slice(0, mediumAt).filter((line) => /^a=(ice-options|group):/.test(line));
  const [medium = '', ...attributes] = firstMedium(lines);
  const kept = attributes.filter((line) => /^a=(mid|ice-ufrag|ice-pwd|candidate|end-of-candidates)(:|$)/.test(line));
  return [...session, medium, ...kept, ''].join('\r\n');
}

/** One candidate that came late. */
export function candidateFragment(localSdp: string, candidate: string, mid: string): string {
  const [medium = ''] = firstMedium(linesOf(localSdp));
  return [
    `a=ice-ufrag:${valueOf(localSdp, 'ice-ufrag') ?? ''}`,
    `a=ice-pwd:${valueOf(localSdp, 'ice-pwd') ?? ''}`,
    medium,
    `a=mid:${mid}`,
    `a=${candidate}`,
    '',
  ].join('\r\n');
}

/**
 * The answer that holds once the server has restarted ICE: the one of before with the fragment's credentials, and with
 * its candidates if it names any. null when the fragment has no credentials: nothing was restarted.
 */
export function restartedAnswer(answerSdp: string, fragment: string): string | null {
  const usernameFragment = valueOf(fragment, 'ice-ufrag');
  const password = valueOf(fragment, 'ice-pwd');
  if (usernameFragment === null || password === null) return null;
  const candidates = linesOf(fragment).filter((line) => line.startsWith('a=candidate:'));
  const isReplaced = (line: string): boolean => candidates.length > 0 && /^a=(candidate:|end-of-candidates)/.test(line);
  const lines = linesOf(answerSdp)
    .filter((line) => !isReplaced(line))
    .map((line) => {
      if (line.startsWith('a=ice-ufrag:')) return `a=ice-ufrag:${usernameFragment}`;
      if (line.startsWith('a=ice-pwd:')) return `a=ice-pwd:${password}`;
      return line;
    });
  return [...lines, ...candidates, ''].join('\r\n');
}

function valueOf(sdp: string, attribute: string): string | null {
  const start = `a=${attribute}:`;
  const line = linesOf(sdp).find((each) => each.startsWith(start));
  return line === undefined || line === start ? null : line.slice(start.length);
}

function firstMedium(lines: readonly string[]): string[] {
  const from = lines.findIndex(isMedium);
  if (from < 0) return [];
  const until = lines.findIndex((line, index) => index > from && isMedium(line));
  return lines.slice(from, until < 0 ? undefined : until);
}

function isMedium(line: string): boolean {
  return line.startsWith('m=');
}

function linesOf(sdp: string): string[] {
  return sdp
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '');
}
