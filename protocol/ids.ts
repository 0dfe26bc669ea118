import * as v from 'valibot';

/** One token of a NATS subject or key. Anything else could smuggle a wildcard or a separator, so it is refused. */
export const TOKEN_PATTERN = /^[a-z0-9][a-z0-9-]{0,62}$/;

export const tokenSchema = v.pipe(
  v.string(),
  v.regex(TOKEN_PATTERN, 'must be 1 to 63 characters of a-z, 0-9 and -, and not start with -'),
);

/** Of a bucket: a token, or two for what is watched by its first. */
export const keySchema = v.pipe(
  v.string(),
  v.regex(/^[a-z0-9][a-z0-9-]{0,62}(\.[a-z0-9][a-z0-9-]{0,62})?$/, 'must be one or two tokens'),
);

export const cameraIdSchema = tokenSchema;
export const workerIdSchema = tokenSchema;
export const lineIdSchema = tokenSchema;

/** 96 random bits in hex: names one worker's ownership of one camera. */
export const leaseIdSchema = v.pipe(v.string(), v.regex(/^[0-9a-f]{24}$/, 'must be 24 hex digits'));

/** `<camera>.<leaseId>.<n>`, n = 1, 2, 3 ... per lease; n = 0 is the lease's own LeaseStarted. */
export function factId(camera: string, leaseId: string, n: number): string {
  return `${camera}.${leaseId}.${String(n)}`;
}

/** A camera id made from the name an admin typed: "Main entrance" gives "main-entrance". Empty when nothing is left. */
export function tokenFromName(name: string): string {
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/đ/gi, 'd')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40)
    .replace(/-+$/, '');
}
