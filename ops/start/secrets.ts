import { randomBytes } from 'node:crypto';
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';

export interface SecretFiles {
  /** 64 hex digits: seals camera credentials. Lost with it: every stored camera password. */
  readonly sealKey: string;
  readonly natsPassword: string;
  readonly postgresPassword: string;
}

/** Makes what is missing at the first start; files are 0600 in a 0700 folder. Returns paths: secrets travel by file, not by argv. */
export function ensureSecrets(dataDir: string): SecretFiles {
  const folder = join(dataDir, 'secrets');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  return {
    sealKey: ensureSecret(join(folder, 'seal.key')),
    natsPassword: ensureSecret(join(folder, 'nats.password')),
    postgresPassword: ensureSecret(join(folder, 'postgres.password')),
  };
}

/** Written beside, synced and renamed: a power cut leaves either no file or a whole one. */
function ensureSecret(path: string): string {
  if (existsSync(path)) return path;
  const part = openSync(`${path}.part`, 'w', 0o600);
  writeSync(part, randomBytes(32).toString('hex'));
  fsyncSync(part);
  closeSync(part);
  renameSync(`${path}.part`, path);
  return path;
}
