import { expect, test } from 'vitest';
import type { Bus } from '#ops/runtime/bus.port.ts';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import type { CameraView } from '../camera-view.ts';
import { formOf, type CheckedCamera, type EditCameraRequest } from '../forms/camera-form.ts';
import type { Backend } from './backend.ts';
import { CameraRefused } from './camera-checks.ts';
import { editCamera, probeEdited } from './edit-camera.ts';

const camera: CameraView = {
  id: 'entrance',
  name: 'Entrance',
  enabled: true,
  mainUrl: 'rtsp://10.0.0.4/live',
  subUrl: null,
  model: '/m/old.onnx',
  analysisFps: 10,
  lines: [],
  zones: [],
  revision: 3,
  hasCredentials: true,
};
const STORED = '{"username":"admin","password":"secret"}';
const h264 = { codec: 'H264', profile: null, widthPx: 1280, heightPx: 720, fps: 15 };

const requestWith = (change: Partial<EditCameraRequest> = {}): EditCameraRequest => ({
  ...formOf(camera),
  addAnyway: false,
  revision: 3,
  ...change,
});

function backendWith(answer: (subject: string) => unknown = () => h264) {
  const asked: { subject: string; message: unknown }[] = [];
  const kept: { camera: CheckedCamera; revision: number | undefined }[] = [];
  const bus = {
    request: (subject: string, message: unknown) => {
      asked.push({ subject, message });
      return Promise.resolve().then(() => answer(subject));
    },
  } as unknown as Bus;
  const cameras = {
    byId: () => Promise.resolve(camera),
    sealedCredentials: () => Promise.resolve(`sealed(${STORED}) for camera:entrance`),
    update: (_id: string, changed: CheckedCamera, revision?: number) => {
      kept.push({ camera: changed, revision });
      return Promise.resolve(camera);
    },
  };
  const sealer = {
    seal: (plain: string, purpose: string) => `sealed(${plain}) for ${purpose}`,
    open: (sealed: string, purpose: string) => {
      const plain = /^sealed\((.*)\) for (.*)$/.exec(sealed);
      if (plain?.[2] !== purpose) throw new AppError('secret.unreadable', 'sealed for something else');
      return plain[1] ?? '';
    },
  };
  return { backend: { bus, cameras, sealer } as unknown as Backend, asked, kept };
}

async function refusalOf(work: Promise<unknown>): Promise<CameraRefused> {
  const error: unknown = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  if (error instanceof CameraRefused) return error;
  throw new Error('the change was not refused');
}

test('a new name asks no camera and no model anything', async () => {
  const { backend, asked, kept } = backendWith(() => {
    throw new AppError('camera.unreachable', 'the camera is off');
  });
  await editCamera(backend, 'entrance', requestWith({ name: 'Gate' }));
  expect(asked).toEqual([]);
  expect(kept[0]).toMatchObject({ camera: { name: 'Gate', credentials: undefined }, revision: 3 });
});

test('a new path on the same server is asked with the stored password, sealed for the question alone', async () => {
  const { backend, asked } = backendWith();
  await editCamera(backend, 'entrance', requestWith({ url: 'rtsp://10.0.0.4/other' }));
  expect(asked).toEqual([
    {
      subject: subjects.probeCamera,
      message: { url: 'rtsp://10.0.0.4/other', sealedCredentials: `sealed(${STORED}) for probe` },
    },
  ]);
});

test('a stored password is sent to no other server', async () => {
  const { backend, asked, kept } = backendWith();
  const refusal = await refusalOf(editCamera(backend, 'entrance', requestWith({ url: 'rtsp://10.9.9.9/live' })));
  expect(Object.keys(refusal.fieldErrors)).toEqual(['keepLogin']);
  expect((await refusalOf(probeEdited(backend, 'entrance', requestWith({ url: 'rtsp://10.9.9.9/live' })))).code).toBe(
    'input.invalid',
  );
  expect(asked).toEqual([]);
  expect(kept).toEqual([]);
});

test('a kept password the camera refuses is said beside its own choice', async () => {
  const { backend } = backendWith(() => {
    throw new AppError('camera.refused-login', 'the camera refused the password');
  });
  const refusal = await refusalOf(probeEdited(backend, 'entrance', requestWith()));
  expect(refusal.fieldErrors).toEqual({ keepLogin: 'the camera refused the password' });
});

test('a password that is taken away is asked about: the camera may want one', async () => {
  const { backend, asked, kept } = backendWith();
  await editCamera(backend, 'entrance', requestWith({ keepLogin: false }));
  expect(asked).toMatchObject([{ message: { sealedCredentials: null } }]);
  expect(kept[0]?.camera.credentials).toBeNull();
});

test('only another model is loaded to see whether it loads', async () => {
  const { backend, asked, kept } = backendWith((subject) => {
    if (subject === subjects.checkModel) throw new AppError('model.unreadable', 'the file ends in the middle');
    return h264;
  });
  await editCamera(backend, 'entrance', requestWith({ analysisFps: '5' }));
  expect(asked).toEqual([]);
  const refusal = await refusalOf(editCamera(backend, 'entrance', requestWith({ model: '/m/bad.onnx' })));
  expect(refusal.fieldErrors).toEqual({ model: 'the file ends in the middle' });
  expect(kept).toHaveLength(1);
});

test('a camera that does not answer at its new address can be saved all the same', async () => {
  const { backend, kept } = backendWith(() => {
    throw new AppError('camera.unreachable', 'no route');
  });
  const request = requestWith({ url: 'rtsp://10.0.0.4/other' });
  expect((await refusalOf(editCamera(backend, 'entrance', request))).canAddAnyway).toBe(true);
  await editCamera(backend, 'entrance', { ...request, addAnyway: true });
  expect(kept).toHaveLength(1);
});
