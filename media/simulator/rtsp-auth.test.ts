import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { NONCE_LIFETIME_MS, RtspAuthenticator, type AuthScheme, type Login } from './rtsp-auth.ts';
import type { RtspRequest } from './rtsp-request.ts';

const URI = 'rtsp://127.0.0.1/entrance/main';

function request(authorization?: string): RtspRequest {
  const headers = new Map(authorization === undefined ? [] : [['authorization', authorization]]);
  return { method: 'DESCRIBE', uri: URI, cseq: 1, headers, body: Buffer.alloc(0) };
}

function open(schemes: AuthScheme[], login: Partial<Login> = {}) {
  let now = 1_700_000_000_000;
  const authenticator = new RtspAuthenticator({ username: 'admin', password: 's3cret', schemes, ...login }, () => now);
  return { authenticator, wait: (ms: number) => (now += ms) };
}

/** What a client computes (RFC 7616 section 3.4), written apart from the server's own way. */
function answer(challenge: string, options: { password?: string; uri?: string; cnonce?: string } = {}): string {
  const field = (name: string) => new RegExp(`${name}="?([^",]+)`).exec(challenge)?.[1] ?? '';
  const algorithm = field('algorithm');
  const hash = (...parts: string[]) =>
    createHash(algorithm === 'SHA-256' ? 'sha256' : 'md5')
      .update(parts.join(':'))
      .digest('hex');
  const uri = options.uri ?? URI;
  const [a1, a2] = [hash('admin', field('realm'), options.password ?? 's3cret'), hash('DESCRIBE', uri)];
  const { cnonce } = options;
  const response =
    cnonce === undefined ? hash(a1, field('nonce'), a2) : hash(a1, field('nonce'), '00000001', cnonce, 'auth', a2);
  const qop = cnonce === undefined ? '' : `, qop=auth, nc=00000001, cnonce="${cnonce}"`;
  return `Digest username="admin", realm="${field('realm')}", nonce="${field('nonce')}", uri="${uri}", response="${response}", algorithm=${algorithm}${qop}`;
}

describe('RtspAuthenticator', () => {
  it('asks who comes without a login', () => {
    const { authenticator } = open(['digest-sha-256', 'digest-md5', 'basic']);
    expect(authenticator.check(request())).toBe('missing');
    const challenges = authenticator.challenges(false);
    expect(challenges.map((challenge) => challenge.split(' ')[0])).toEqual(['Digest', 'Digest', 'Basic']);
    expect(challenges[0]).toContain('algorithm=SHA-256');
    expect(challenges[1]).toContain('algorithm=MD5');
  });

  it('accepts the right Basic login and refuses a wrong one', () => {
    const { authenticator } = open(['basic']);
    const basic = (text: string) => request(`Basic ${Buffer.from(text).toString('base64')}`);
    expect(authenticator.check(basic('admin:s3cret'))).toBe('accepted');
    expect(authenticator.check(basic('admin:wrong'))).toBe('refused');
    expect(authenticator.check(basic(''))).toBe('refused');
  });

  it.each<[AuthScheme, string | undefined]>([
    ['digest-md5', undefined],
    ['digest-md5', 'f00'],
    ['digest-sha-256', undefined],
    ['digest-sha-256', 'f00'],
  ])('accepts the right %s login with client nonce %s and refuses a wrong password', (scheme, cnonce) => {
    const { authenticator } = open([scheme], { offersQop: cnonce !== undefined });
    const [challenge = ''] = authenticator.challenges(false);
    const extra = cnonce === undefined ? {} : { cnonce };
    expect(authenticator.check(request(answer(challenge, extra)))).toBe('accepted');
    expect(authenticator.check(request(answer(challenge, { ...extra, password: 'no' })))).toBe('refused');
  });

  it('refuses a scheme that it did not offer', () => {
    const { authenticator } = open(['digest-sha-256']);
    const [challenge = ''] = authenticator.challenges(false);
    const asMd5 = challenge.replace('algorithm=SHA-256', 'algorithm=MD5');
    expect(authenticator.check(request(answer(asMd5)))).toBe('refused');
    expect(authenticator.check(request(`Basic ${Buffer.from('admin:s3cret').toString('base64')}`))).toBe('refused');
  });

  it('refuses a nonce made elsewhere and an answer to another URI', () => {
    const here = open(['digest-md5']);
    const [foreign = ''] = open(['digest-md5']).authenticator.challenges(false);
    expect(here.authenticator.check(request(answer(foreign)))).toBe('refused');
    const [own = ''] = here.authenticator.challenges(false);
    expect(here.authenticator.check(request(answer(own, { uri: `${URI}/other` })))).toBe('refused');
  });

  it('calls an old nonce stale, so that the client tries again without asking its user', () => {
    const { authenticator, wait } = open(['digest-md5']);
    const [challenge = ''] = authenticator.challenges(false);
    wait(NONCE_LIFETIME_MS + 1);
    expect(authenticator.check(request(answer(challenge)))).toBe('stale');
    expect(authenticator.challenges(true)[0]).toContain('stale=true');
  });

  it.each(['Digest', 'Digest username', 'Digest a="b" c="d"', 'Digest a="1", a="2"', 'Bearer x', ''])(
    'refuses the malformed header %j',
    (header) => {
      const { authenticator } = open(['digest-md5', 'basic']);
      expect(authenticator.check(request(header))).toBe('refused');
    },
  );
});
