import { createHash, randomBytes } from 'node:crypto';
import { DOMParser, type Document } from '@xmldom/xmldom';
import { AppError } from '#protocol/errors.ts';
import type { Credentials } from '../ingest/ingest.port.ts';

const SOAP = 'http://www.w3.org/2003/05/soap-envelope';
const WSS = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

/** A SOAP 1.2 request; `body` is the one element in it. With `login` it carries a WS-Security header. */
export function envelope(body: string, login: string): string {
  return `<?xml version="1.0" encoding="utf-8"?><s:Envelope xmlns:s="${SOAP}"><s:Header>${login}</s:Header><s:Body>${body}</s:Body></s:Envelope>`;
}

/**
 * The header of WS-Security's UsernameToken profile 1.0: the password goes as SHA-1(nonce + created + password), never in
 * clear. `cameraTimeMs`: what the camera's clock says now; cameras refuse a token that is seconds off.
 */
export function usernameToken(
  { username, password }: Credentials,
  cameraTimeMs: number,
  nonce: Buffer = randomBytes(16),
): string {
  const created = new Date(cameraTimeMs).toISOString();
  const digest = createHash('sha1').update(nonce).update(created).update(password).digest('base64');
  return (
    `<w:Security s:mustUnderstand="1" xmlns:w="${WSS}-wssecurity-secext-1.0.xsd" xmlns:u="${WSS}-wssecurity-utility-1.0.xsd">` +
    `<w:UsernameToken><w:Username>${escaped(username)}</w:Username>` +
    `<w:Password Type="${WSS}-username-token-profile-1.0#PasswordDigest">${digest}</w:Password>` +
    `<w:Nonce EncodingType="${WSS}-soap-message-security-1.0#Base64Binary">${nonce.toString('base64')}</w:Nonce>` +
    `<u:Created>${created}</u:Created></w:UsernameToken></w:Security>`
  );
}

export function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${String(character.charCodeAt(0))};`);
}

/** Throws camera.protocol-violation for what is no XML; a document type is refused, since entities could blow it up. */
export function parseReply(text: string): Document {
  if (/<!DOCTYPE/i.test(text)) throw notSoap('it has a document type');
  try {
    const refuse = (_: string, reason: string): never => {
      throw new Error(reason);
    };
    return new DOMParser({ onError: refuse }).parseFromString(text, 'text/xml');
  } catch (cause) {
    throw notSoap(cause instanceof Error ? cause.message.slice(0, 200) : String(cause));
  }
}

/** Text of the first element of that local name, whatever its prefix; null: there is none. */
export function textOf(root: Pick<Document, 'getElementsByTagNameNS'>, name: string): string | null {
  return root.getElementsByTagNameNS('*', name).item(0)?.textContent?.trim() ?? null;
}

function notSoap(reason: string): AppError {
  return new AppError('camera.protocol-violation', `the camera's ONVIF service answered with no SOAP: ${reason}`);
}
