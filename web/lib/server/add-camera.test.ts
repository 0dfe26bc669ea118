import { expect, test } from 'vitest';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import type { CameraView } from '../camera-view.ts';
import type { CheckedCamera, NewCameraRequest } from '../forms/camera-form.ts';
import { addCamera } from './add-camera.ts';
import type { Backend } from './backend.ts';
import { CameraRefused } from './camera-checks.ts';

const request: NewCameraRequest = {
  name: 'Entrance',
  url: 'rtsp://admin:secret@10.0.0.4/live',
  subUrl: '',
  username: '',
  password: '',
  keepLogin: false,
  model: '',
  analysisFps: '',
  group: '',
  addAnyway: false,
};
const h264 = { codec: 'H264', profile: null, widthPx: 1280, heightPx: 720, fps: 15 };

/** A backend whose worker answers as told and whose store keeps what it is given. */
function backendWith(answer: (subject: string, message: unknown) => unknown) {
  const kept: CheckedCamera[] = [];
  const asked: { subject: string; message: unknown }[] = [];
  const bus = {
    request: (subject: string, message: unknown) => {
      asked.push({ subject, message });
      return Promise.resolve().then(() => answer(subject, message));
    },
  } as unknown as Bus;
  const cameras = {
    create: (camera: CheckedCamera) => {
      kept.push(camera);
      return Promise.resolve({ id: 'entrance', ...camera } as unknown as CameraView);
    },
  };
  const sealer = { seal: (plain: string, purpose: string) => `sealed ${purpose} ${String(plain.length)}` };
  return { backend: { bus, cameras, sealer } as unknown as Backend, kept, asked };
}

async function refusalOf(work: Promise<unknown>): Promise<CameraRefused> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CameraRefused) return error;
  throw new Error('the camera was not refused');
}

test('a camera that answers is kept, and its password is asked about sealed', async () => {
  const { backend, kept, asked } = backendWith(() => h264);
  await expect(addCamera(backend, request)).resolves.toMatchObject({ camera: { id: 'entrance' }, probe: h264 });
  expect(kept).toHaveLength(1);
  expect(asked[0]).toEqual({
    subject: subjects.probeCamera,
    message: { url: 'rtsp://10.0.0.4/live', sealedCredentials: 'sealed probe 40' },
  });
});

test('a wrong password is said beside the password and cannot be passed over', async () => {
  const { backend, kept } = backendWith(() => {
    throw new AppError('camera.refused-login', 'the camera refused the password');
  });
  const refusal = await refusalOf(addCamera(backend, { ...request, addAnyway: true }));
  expect(refusal.fieldErrors).toEqual({ password: 'the camera refused the password' });
  expect(refusal.canAddAnyway).toBe(false);
  expect(kept).toHaveLength(0);
});

test('an unreachable camera is refused at first and kept when asked again', async () => {
  const { backend, kept } = backendWith(() => {
    throw new AppError('camera.unreachable', 'no route');
  });
  const refusal = await refusalOf(addCamera(backend, request));
  expect(refusal.fieldErrors).toEqual({ url: 'no route' });
  expect(refusal.canAddAnyway).toBe(true);
  await expect(addCamera(backend, { ...request, addAnyway: true })).resolves.toMatchObject({ probe: null });
  expect(kept).toHaveLength(1);
});

test('a fault of the second stream is said beside the second stream', async () => {
  const { backend } = backendWith((_, message) => {
    if ((message as { url: string }).url.endsWith('/small'))
      throw new AppError('camera.path-not-found', 'no such path');
    return h264;
  });
  const refusal = await refusalOf(addCamera(backend, { ...request, subUrl: 'rtsp://10.0.0.4/small' }));
  expect(refusal.fieldErrors).toEqual({ subUrl: 'no such path' });
});

test('a model that does not load is said beside the model, and nothing is kept', async () => {
  const { backend, kept } = backendWith((subject) => {
    if (subject === subjects.checkModel) throw new AppError('model.unreadable', 'the file ends in the middle');
    return h264;
  });
  const refusal = await refusalOf(addCamera(backend, { ...request, model: '/m/bad.onnx' }));
  expect(refusal.fieldErrors).toEqual({ model: 'the file ends in the middle' });
  expect(kept).toHaveLength(0);
});

test('a malformed address is refused before any worker is asked', async () => {
  const { backend, asked } = backendWith(() => h264);
  const refusal = await refusalOf(addCamera(backend, { ...request, url: 'rtsp//nope' }));
  expect(refusal.code).toBe('camera.url-malformed');
  expect(asked).toHaveLength(0);
});
