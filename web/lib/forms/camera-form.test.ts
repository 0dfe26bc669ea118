import { expect, test } from 'vitest';
import type { CameraView } from '../camera-view.ts';
import { checkCameraForm, emptyForm, formOf, rebased, type CameraForm } from './camera-form.ts';

const typed: CameraForm = { ...emptyForm(), name: 'Entrance', url: 'rtsp://10.0.0.4/live' };

function errorsOf(change: Partial<CameraForm>): string[] {
  const result = checkCameraForm({ ...typed, ...change });
  return result.ok ? [] : Object.keys(result.errors);
}

test('a name and an address are enough', () => {
  expect(checkCameraForm(typed)).toEqual({
    ok: true,
    camera: {
      name: 'Entrance',
      mainUrl: 'rtsp://10.0.0.4/live',
      subUrl: null,
      credentials: null,
      model: null,
      analysisFps: 10,
      group: null,
    },
  });
});

test('an address that is none is said beside its own field', () => {
  expect(errorsOf({ url: 'http://10.0.0.4/live' })).toEqual(['url']);
  expect(errorsOf({ url: 'rtsp://' })).toEqual(['url']);
  expect(errorsOf({ url: '' })).toEqual(['url']);
  expect(errorsOf({ subUrl: 'nonsense' })).toEqual(['subUrl']);
});

test('several faults are all told at once', () => {
  expect(errorsOf({ name: ' ', url: 'x', subUrl: 'y' })).toEqual(['name', 'url', 'subUrl']);
});

test('a name without a letter or digit, or longer than sixty, is refused', () => {
  expect(errorsOf({ name: '—' })).toEqual(['name']);
  expect(errorsOf({ name: 'a'.repeat(61) })).toEqual(['name']);
});

test('user and password leave the address, decoded', () => {
  const result = checkCameraForm({ ...typed, url: 'rtsp://admin:p%40ss@10.0.0.4/live' });
  expect(result).toMatchObject({
    ok: true,
    camera: { mainUrl: 'rtsp://10.0.0.4/live', credentials: { username: 'admin', password: 'p@ss' } },
  });
});

test('what is typed into the fields wins over what the address carries', () => {
  const result = checkCameraForm({ ...typed, url: 'rtsp://old:older@10.0.0.4/', username: 'new', password: 'newer' });
  expect(result).toMatchObject({ camera: { credentials: { username: 'new', password: 'newer' } } });
});

test('a password without a user name is refused', () => {
  expect(errorsOf({ password: 'secret' })).toEqual(['username']);
});

test('pictures a second are a number from 1 to 30, with a point or a comma, or the usual ones', () => {
  expect(errorsOf({ analysisFps: '0.5' })).toEqual(['analysisFps']);
  expect(errorsOf({ analysisFps: '31' })).toEqual(['analysisFps']);
  expect(errorsOf({ analysisFps: 'many' })).toEqual(['analysisFps']);
  expect(checkCameraForm({ ...typed, analysisFps: ' 7,5 ' })).toMatchObject({ camera: { analysisFps: 7.5 } });
  expect(checkCameraForm({ ...typed, analysisFps: '' })).toMatchObject({ camera: { analysisFps: 10 } });
});

const camera: CameraView = {
  id: 'entrance',
  name: 'Entrance',
  enabled: true,
  mainUrl: 'rtsp://10.0.0.4/live',
  subUrl: null,
  model: null,
  analysisFps: 5,
  lines: [],
  zones: [],
  revision: 3,
  hasCredentials: true,
};

test('a camera’s own form keeps its password without knowing it', () => {
  const result = checkCameraForm(formOf(camera), camera);
  expect(result).toMatchObject({ ok: true, camera: { name: 'Entrance', analysisFps: 5 } });
  expect(result.ok && result.camera.credentials).toBeUndefined();
});

test('a kept password stays with its server: another one asks for it anew', () => {
  const moved = { ...formOf(camera), url: 'rtsp://10.9.9.9/live' };
  expect(checkCameraForm(moved, camera)).toMatchObject({
    ok: false,
    errors: { keepLogin: expect.any(String) as string },
  });
  const path = { ...formOf(camera), url: 'rtsp://10.0.0.4/other', subUrl: 'rtsp://10.0.0.4/small' };
  expect(checkCameraForm(path, camera)).toMatchObject({ ok: true });
  const sub = { ...formOf(camera), subUrl: 'rtsp://10.9.9.9/small' };
  expect(checkCameraForm(sub, camera)).toMatchObject({ ok: false });
});

test('given up, the password is none, or the one that is typed', () => {
  const none = checkCameraForm({ ...formOf(camera), keepLogin: false }, camera);
  expect(none.ok && none.camera.credentials).toBeNull();
  const other = checkCameraForm({ ...formOf(camera), keepLogin: false, username: 'a', password: 'b' }, camera);
  expect(other.ok && other.camera.credentials).toEqual({ username: 'a', password: 'b' });
});

test('a login in the address replaces the kept one', () => {
  const result = checkCameraForm({ ...formOf(camera), url: 'rtsp://a:b@10.9.9.9/live' }, camera);
  expect(result.ok && result.camera.credentials).toEqual({ username: 'a', password: 'b' });
});

test('what somebody else changes follows into untouched fields and is told of touched ones', () => {
  const before = formOf(camera);
  const mine = { ...before, name: 'Front door', model: 'a.onnx' };
  const now = formOf({ ...camera, name: 'Gate', analysisFps: 12 });
  expect(rebased(mine, before, now)).toEqual({
    form: { ...before, name: 'Front door', model: 'a.onnx', analysisFps: '12' },
    overtaken: ['name'],
  });
  expect(rebased({ ...before, name: 'Gate' }, before, now).overtaken).toEqual([]);
});

test('a camera is kept to a group of workers by its name, and to none when the field is empty', () => {
  expect(checkCameraForm({ ...typed, group: ' attic-2 ' })).toMatchObject({ camera: { group: 'attic-2' } });
  expect(checkCameraForm({ ...typed, group: ' ' })).toMatchObject({ camera: { group: null } });
  expect(errorsOf({ group: 'The attic' })).toEqual(['group']);
});
