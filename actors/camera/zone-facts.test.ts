import { expect, test } from 'vitest';
import type { CameraConfig } from '#protocol/camera.ts';
import { parse } from '#protocol/codec.ts';
import { factSchema } from '#protocol/facts.ts';
import type { Zone } from '#protocol/geometry.ts';
import { factId } from '#protocol/ids.ts';
import { boxAround } from '#ops/testkit/walking-world.ts';
import type { Track } from '../tracking/track.ts';
import { ZoneFacts, type ZoneFact } from './zone-facts.ts';

const till: Zone = {
  id: 'till',
  name: 'Till',
  isQueue: true,
  overPeople: 0,
  holdMs: 1_000,
  polygon: [
    [0.4, 0.3],
    [0.6, 0.3],
    [0.6, 0.9],
    [0.4, 0.9],
  ],
};
const config = { id: 'hall', revision: 4, zones: [till] } as unknown as CameraConfig;

/** Somebody who stands at x from `fromMs` on, one frame every 100 ms until `untilMs`. */
function stand(zones: ZoneFacts, x: number, fromMs: number, untilMs: number, run = 2): void {
  const box = boxAround([x, 0.6], 0.3);
  for (let timeMs = fromMs; timeMs < untilMs; timeMs += 100) {
    const born = { bornAtMs: fromMs, firstBox: box, detections: 5 };
    const track: Track = { id: 7, box, score: 0.8, velocity: [0, 0], seenAtMs: timeMs, ...born };
    zones.frame([track], timeMs, run, 'm@1');
  }
}

function told(work: (zones: ZoneFacts) => void): ZoneFact[] {
  const facts: ZoneFact[] = [];
  work(new ZoneFacts(config, (fact) => facts.push(fact)));
  return facts;
}

test('what happens in a zone becomes facts that the stream takes, with nothing in them that no schema knows', () => {
  const facts = told((zones) => {
    stand(zones, 0.5, 100_000, 130_000);
    stand(zones, 0.7, 130_000, 140_000);
  });
  expect(facts.map(({ type }) => type)).toEqual([
    ...['ZoneThresholdCrossed', 'ZoneMeasured', 'ZoneLeft', 'ZoneThresholdCrossed'],
  ]);
  const lease = { worker: 'w-1', leaseId: '0123456789abcdef01234567', epoch: 1, n: 1 };
  for (const fact of facts) {
    const whole = { ...fact, ...lease, id: factId(fact.camera, lease.leaseId, lease.n) };
    expect(parse(factSchema, whole)).toEqual(whole);
  }
  const visit = facts.find(({ type }) => type === 'ZoneLeft');
  expect(visit).toMatchObject({ camera: 'hall', zone: 'till', run: 2, track: 7, model: 'm@1', cameraRevision: 4 });
  expect(facts.find(({ type }) => type === 'ZoneMeasured')).toMatchObject({
    untilMs: 120_000,
    people: 1,
    waitMs: null,
  });
});

test('a visit that the end of the pictures cuts short belongs to the run in which it was seen', () => {
  const facts = told((zones) => {
    stand(zones, 0.5, 100_000, 110_000, 2);
    zones.breakOff();
    stand(zones, 0.5, 200_000, 201_500, 3);
  });
  expect(facts.filter(({ type }) => type === 'ZoneLeft')).toMatchObject([{ run: 2, leftAtMs: 109_900, lost: true }]);
});

test('a zone that is deleted tells who was in it by the settings under which they came', () => {
  const facts = told((zones) => {
    stand(zones, 0.5, 100_000, 110_000);
    zones.configure({ ...config, revision: 5, zones: [] });
    expect(zones.people).toEqual({});
  });
  expect(facts.filter(({ type }) => type === 'ZoneLeft')).toMatchObject([{ cameraRevision: 4, lost: true }]);
});

test('the live message gets how many are inside now, and is left alone where there are no zones', () => {
  told((zones) => {
    expect(zones.people).toEqual({ zones: [{ zone: 'till', people: 0, waitMs: 0 }] });
    stand(zones, 0.5, 100_000, 110_000);
    expect(zones.people).toEqual({ zones: [{ zone: 'till', people: 1, waitMs: null }] });
  });
  expect(new ZoneFacts({ ...config, zones: [] }, () => undefined).people).toEqual({});
});
