import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { AppError } from '#protocol/errors.ts';
import { readSecretFile } from './env.ts';

const VERSION = 'v1';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/**
 * AES-256-GCM for what must not lie in rows and keys in the clear. A sealed text is `v1.<base64url of nonce, ciphertext,
 * tag>`; the camera id (or another purpose) is bound in as associated data, so that one row's secret does not open in another.
 */
export interface Sealer {
  seal(plain: string, purpose: string): string;
  /** Throws AppError `secret.unreadable` when the key, the purpose or the text is not the one it was sealed with. */
  open(sealed: string, purpose: string): string;
}

/** The key file holds 64 hex digits. */
export function openSealer(keyFile: string): Sealer {
  const key = Buffer.from(readSecretFile(keyFile), 'hex');
  if (key.length !== 32) {
    throw new AppError('secret.unreadable', `${keyFile} must hold 64 hex digits (a 256-bit key)`);
  }
  return {
    seal(plain, purpose) {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(purpose));
      const body = Buffer.concat([cipher.update(plain, 'utf8'), cipher.final()]);
      return `${VERSION}.${Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open(sealed, purpose) {
      try {
        const [version, text = ''] = sealed.split('.', 2);
        const bytes = Buffer.from(text, 'base64url');
        if (version !== VERSION || bytes.length < NONCE_BYTES + TAG_BYTES) throw new Error('not a sealed text');
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES)).setAAD(
          Buffer.from(purpose),
        );
        decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()]).toString(
          'utf8',
        );
      } catch (cause) {
        throw new AppError('secret.unreadable', 'a sealed secret does not open with this key: enter it again', {
          cause,
        });
      }
    },
  };
}
