import { describe, expect, it } from 'vitest';
import { digestAuthorization, parseChallenges, RtspAuthenticator } from './rtsp.auth.ts';

const credentials = { username: 'Mufasa', password: 'Circle of Life' };

/** The example of RFC 7616 section 3.9.1. */
const RFC_CHALLENGE =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALG, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const RFC_USE = {
  method: 'GET',
  uri: '/dir/index.html',
  count: 1,
  clientNonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

function answer(challenge: string): string {
  const [parsed] = parseChallenges(challenge);
  if (parsed === undefined) throw new Error('No challenge.');
  return digestAuthorization(parsed, credentials, RFC_USE);
}

describe('digestAuthorization', () => {
  it("gives RFC 7616's answers for MD5 and SHA-256", () => {
    expect(answer(RFC_CHALLENGE.replace('ALG', 'MD5'))).toContain('response="8ca523f5e9506fed4657c9700eebdbec"');
    expect(answer(RFC_CHALLENGE.replace('ALG', 'SHA-256'))).toContain(
      'response="753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"',
    );
  });

  it("gives RFC 2069's answer without qop, and sends neither count nor client nonce then", () => {
    const header = digestAuthorization(
      parseChallenges('Digest realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093"')[0] ?? {
        scheme: 'digest',
        parameters: new Map(),
      },
      { username: 'Mufasa', password: 'CircleOfLife' },
      RFC_USE,
    );
    // The value of RFC 2069's erratum 749.
    expect(header).toContain('response="1949323746fe6a43ef61f9606e7febea"');
    expect(header).not.toMatch(/cnonce|nc=|qop|algorithm|opaque/);
  });

  it('hashes the session key for MD5-sess', () => {
    const header = answer(RFC_CHALLENGE.replace('ALG', 'MD5-sess'));
    expect(header).toContain('algorithm=MD5-sess');
    expect(header).not.toContain('8ca523f5e9506fed4657c9700eebdbec');
  });
});

describe('parseChallenges', () => {
  it('reads several challenges from one header', () => {
    const challenges = parseChallenges('Negotiate abc==, Digest realm="a, \\"b\\"", nonce=n1, Basic realm="c"');
    expect(challenges.map(({ scheme }) => scheme)).toEqual(['digest', 'basic']);
    expect(challenges[0]?.parameters.get('realm')).toBe('a, "b"');
    expect(challenges[0]?.parameters.get('nonce')).toBe('n1');
  });

  it('finds nothing in nonsense', () => {
    expect(parseChallenges('')).toEqual([]);
    expect(parseChallenges('realm="x", ,,,=')).toEqual([]);
  });
});

describe('RtspAuthenticator', () => {
  const challenge = (nonce: string, more = ''): string => `Digest realm="cam", nonce="${nonce}"${more}`;

  it('says nothing before it is asked', () => {
    expect(new RtspAuthenticator(credentials).authorization('OPTIONS', 'rtsp://a')).toBeNull();
  });

  it('prefers the strongest challenge, and Basic last', () => {
    const authenticator = new RtspAuthenticator(credentials, () => 'c0');
    authenticator.challenged(['Basic realm="cam"', challenge('m'), challenge('s', ', algorithm=SHA-256, qop="auth"')]);
    const header = authenticator.authorization('DESCRIBE', 'rtsp://a/b');
    expect(header).toMatch(/^Digest .*nonce="s".*algorithm=SHA-256, qop=auth, nc=00000001, cnonce="c0"$/);
    expect(authenticator.authorization('SETUP', 'rtsp://a/b')).toContain('nc=00000002');
  });

  it('passes over digests it cannot compute', () => {
    const authenticator = new RtspAuthenticator(credentials);
    authenticator.challenged([
      challenge('x', ', algorithm=WHIRLPOOL'),
      challenge('y', ', qop="auth-int"'),
      'Basic realm="cam"',
    ]);
    expect(authenticator.authorization('DESCRIBE', 'rtsp://a')).toBe(
      `Basic ${Buffer.from('Mufasa:Circle of Life').toString('base64')}`,
    );
  });

  it('never sends a refused password a second time', () => {
    const authenticator = new RtspAuthenticator(credentials);
    expect(authenticator.challenged([challenge('1')])).toBe(true);
    expect(authenticator.challenged([challenge('2')])).toBe(false);
  });

  it('answers once more when the camera calls its nonce stale', () => {
    const authenticator = new RtspAuthenticator(credentials);
    authenticator.challenged([challenge('1')]);
    expect(authenticator.challenged([challenge('2', ', stale=TRUE')])).toBe(true);
    expect(authenticator.authorization('PLAY', 'rtsp://a')).toContain('nonce="2"');
  });

  it('answers a new nonce after the password was accepted, even when the camera forgets to say stale', () => {
    const authenticator = new RtspAuthenticator(credentials);
    authenticator.challenged([challenge('1')]);
    authenticator.accepted();
    expect(authenticator.challenged([challenge('2')])).toBe(true);
    expect(authenticator.challenged([challenge('3')])).toBe(false);
  });

  it('has no answer without credentials or without a challenge it knows', () => {
    expect(new RtspAuthenticator(null).challenged([challenge('1')])).toBe(false);
    expect(new RtspAuthenticator(credentials).challenged(['Negotiate'])).toBe(false);
    expect(new RtspAuthenticator(credentials).challenged([])).toBe(false);
  });
});
