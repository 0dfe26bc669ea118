import { expect, test } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import type { CameraView } from '../camera/camera-view.ts';
import { cameraStateOf, type CameraStanding } from './camera-state.ts';

const LIVE: CameraView = { state: 'live', reason: 'Live.', code: null, retryInMs: null };
const STANDING: CameraStanding = {
  camera: 'hall',
  worker: 'w-1',
  view: LIVE,
  sinceMs: 5,
  run: 3,
  model: 'walker-s',
  trouble: null,
  modelRefusal: null,
  stills: null,
  problems: [],
};

test('a camera in order says so, and nothing else', () => {
  expect(cameraStateOf(STANDING, 100)).toEqual({
    ...{ camera: 'hall', worker: 'w-1', run: 3, model: 'walker-s', sinceMs: 5, retryAtMs: null, problems: [] },
    ...{ state: 'live', reason: 'Live.', code: null },
  });
});

test('what speaks against its counts comes first among codes, and stands in the reason', () => {
  const trouble = new AppError('disk.full', 'the disk is full');
  const modelRefusal = new AppError('model.unreadable', 'it is no model');
  const state = cameraStateOf({ ...STANDING, trouble, modelRefusal }, 100);
  expect(state.code).toBe('disk.full');
  expect(state.reason).toMatch(/^Live\. .*it is no model.* the disk is full/);
  expect(cameraStateOf({ ...STANDING, modelRefusal }, 100).code).toBe('model.unreadable');
});

test('a retry is told as an instant', () => {
  const view: CameraView = { state: 'backing-off', reason: 'Away.', code: 'camera.silent', retryInMs: 1_500 };
  expect(cameraStateOf({ ...STANDING, view }, 100).retryAtMs).toBe(1_600);
});
