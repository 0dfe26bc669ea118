import { describe, expect, test } from 'vitest';
import { changeAllowed, hostAllowed, sameOrigin } from './origin.ts';

describe('the Host header', () => {
  test.each(['127.0.0.1:8080', '[::1]:8080', '192.168.1.4', 'localhost:80', 'a.localhost', 'cams.example:443'])(
    '%s is accepted',
    (host) => {
      expect(hostAllowed(host, 'cams.example')).toBe(true);
    },
  );

  test.each([null, '', 'evil.example:8080', 'cams.example.evil.example', 'a b'])('%s is refused', (host) => {
    expect(hostAllowed(host, 'cams.example')).toBe(false);
  });
});

describe('the origin', () => {
  test('of a page of this server is the same', () => {
    expect(sameOrigin('http://127.0.0.1:8080', '127.0.0.1:8080')).toBe(true);
    expect(sameOrigin('https://cams.example', 'cams.example:443')).toBe(false);
  });

  test('of another port, another site, a file and nonsense is another', () => {
    for (const origin of ['http://127.0.0.1:9090', 'http://evil.example', 'null', '']) {
      expect(sameOrigin(origin, '127.0.0.1:8080')).toBe(false);
    }
  });

  test('is not needed from programs, which send none', () => {
    expect(sameOrigin(null, '127.0.0.1:8080')).toBe(true);
  });
});

describe('a change', () => {
  const headers = (more: Record<string, string>): Headers => new Headers({ host: '127.0.0.1:8080', ...more });

  test('from this server’s page is allowed', () => {
    expect(changeAllowed('POST', headers({ origin: 'http://127.0.0.1:8080', 'sec-fetch-site': 'same-origin' }))).toBe(
      true,
    );
  });

  test('from another site is refused by its origin and by its fetch metadata', () => {
    expect(changeAllowed('DELETE', headers({ origin: 'http://evil.example' }))).toBe(false);
    expect(changeAllowed('POST', headers({ 'sec-fetch-site': 'cross-site' }))).toBe(false);
    expect(changeAllowed('PUT', headers({ 'sec-fetch-site': 'same-site' }))).toBe(false);
  });

  test('is not what reading is', () => {
    expect(changeAllowed('GET', headers({ origin: 'http://evil.example' }))).toBe(true);
  });
});
