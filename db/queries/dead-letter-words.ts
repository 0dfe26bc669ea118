const HEX_BYTES = 512;
const ROW_BYTES = 16;

/** A letter's body as somebody reads it: JSON indented, other text as it is, anything else in hex, the first 512 bytes. */
export function bodyWords(body: Uint8Array): string {
  if (body.length === 0) return '(empty)';
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    return hexOf(body);
  }
  try {
    return printable(JSON.stringify(JSON.parse(text), null, 2));
  } catch {
    return printable(text);
  }
}

/** Without what would steer a terminal. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]|[\u2028-\u202e\u2066-\u2069]/gu, '\uFFFD');
}

function hexOf(body: Uint8Array): string {
  const rows: string[] = [];
  for (let at = 0; at < Math.min(body.length, HEX_BYTES); at += ROW_BYTES) {
    const row = [...body.subarray(at, Math.min(at + ROW_BYTES, HEX_BYTES))];
    const hex = row.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const signs = row.map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '.')).join('');
    rows.push(`${at.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * ROW_BYTES - 1)}  ${signs}`);
  }
  if (body.length > HEX_BYTES) rows.push(`... and ${String(body.length - HEX_BYTES)} bytes more`);
  return rows.join('\n');
}
