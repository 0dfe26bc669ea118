import { expect, it } from 'vitest';
import { KEY_FRAME_REQUEST_INTERVAL_MS, KeyFrameRequests } from './key-frame-requests.ts';

it('passes on the first of a crowd of requests at once, counts the others, and passes on again after the interval', () => {
  let now = 5;
  const passedOnAt: number[] = [];
  const requests = new KeyFrameRequests(
    () => passedOnAt.push(now),
    () => now,
  );
  for (; now < 2 * KEY_FRAME_REQUEST_INTERVAL_MS; now += 100) requests.ask();
  expect(passedOnAt).toEqual([5, 5 + KEY_FRAME_REQUEST_INTERVAL_MS]);
  expect(requests.stats()).toEqual({ asked: 40, passedOn: 2 });
});
