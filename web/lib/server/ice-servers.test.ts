import { expect, test } from 'vitest';
import { iceServerLinks } from './ice-servers.ts';

test('a STUN server is named, a TURN server comes with credentials that end', () => {
  const urls = ['stun:stun.example:3478', 'turns:turn.example:5349?transport=tcp'];
  expect(iceServerLinks({ urls, turnSecret: 'north' }, 1_700_000_000_999)).toEqual([
    '<stun:stun.example:3478>; rel="ice-server"',
    // Computed with: printf 1700043200:viewer | openssl dgst -sha1 -hmac north -binary | base64
    '<turns:turn.example:5349?transport=tcp>; rel="ice-server"; username="1700043200:viewer"; ' +
      'credential="JWLeKnS7UI3F7JfRH8GUqHL3QVk="; credential-type="password"',
  ]);
});
