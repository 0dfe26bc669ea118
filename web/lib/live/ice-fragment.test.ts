import { expect, test } from 'vitest';
import { candidateFragment, restartedAnswer, restartFragment } from './ice-fragment.ts';

const sdp = (...lines: string[]): string => [...lines, ''].join('\r\n');

const offer = sdp(
  'v=0',
  'o=- 1 3 IN IP4 127.0.0.1',
  'a=group:BUNDLE 0',
  'm=video 9 UDP/TLS/RTP/SAVPF 108',
  'a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host',
  'a=ice-ufrag:new1',
  'a=ice-pwd:newpasswordnewpassword12',
  'a=ice-options:trickle',
  'a=mid:0',
  'a=rtpmap:108 H264/90000',
);

const answer = sdp(
  'v=0',
  'a=ice-lite',
  'm=video 9 UDP/TLS/RTP/SAVPF 108',
  'a=mid:0',
  'a=ice-ufrag:old',
  'a=ice-pwd:oldpassword',
  'a=fingerprint:sha-256 AA',
  'a=candidate:1 1 udp 1076302079 127.0.0.1 40000 typ host',
  'a=end-of-candidates',
);

test('a restart tells the new credentials and candidates, and nothing of the codecs', () => {
  expect(restartFragment(offer)).toBe(
    sdp(
      'a=group:BUNDLE 0',
      'm=video 9 UDP/TLS/RTP/SAVPF 108',
      'a=candidate:1 1 udp 2122260223 192.0.2.7 50000 typ host',
      'a=ice-ufrag:new1',
      'a=ice-pwd:newpasswordnewpassword12',
      'a=mid:0',
    ),
  );
});

test('a late candidate names the credentials it belongs to', () => {
  expect(candidateFragment(offer, 'candidate:2 1 udp 1 192.0.2.8 50001 typ host', '0')).toBe(
    sdp(
      'a=ice-ufrag:new1',
      'a=ice-pwd:newpasswordnewpassword12',
      'm=video 9 UDP/TLS/RTP/SAVPF 108',
      'a=mid:0',
      'a=candidate:2 1 udp 1 192.0.2.8 50001 typ host',
    ),
  );
});

test('the restarted answer has the new credentials, keeps the certificate and, told of none, its candidates', () => {
  const renewed = restartedAnswer(answer, sdp('a=ice-ufrag:fresh', 'a=ice-pwd:freshpassword'));
  expect(renewed).toBe(answer.replace('ufrag:old', 'ufrag:fresh').replace('pwd:oldpassword', 'pwd:freshpassword'));
});

test('new candidates take the place of the old ones', () => {
  const fragment = sdp(
    'm=video 9 UDP/TLS/RTP/SAVPF 108',
    'a=mid:0',
    'a=ice-ufrag:fresh',
    'a=ice-pwd:freshpassword',
    'a=candidate:9 1 udp 1 192.0.2.9 40001 typ host',
  );
  const renewed = restartedAnswer(answer, fragment) ?? '';
  expect(renewed.match(/a=candidate:.*/g)).toEqual(['a=candidate:9 1 udp 1 192.0.2.9 40001 typ host']);
});

test('an answer without credentials restarts nothing', () => {
  expect(restartedAnswer(answer, '')).toBeNull();
  expect(restartedAnswer(answer, 'a=ice-ufrag:\r\na=ice-pwd:x\r\n')).toBeNull();
});
