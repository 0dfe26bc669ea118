import { expect, test } from 'vitest';
import { checkCameraForm, type CameraForm } from './camera-form.ts';

const typed: CameraForm = {
  name: 'Entrance',
  url: 'rtsp://10.0.0.4/live',
  subUrl: '',
  username: '',
  password: '',
  model: '',
};

function errorsOf(change: Partial<CameraForm>): string[] {
  const result = checkCameraForm({ ...typed, ...change });
  return result.ok ? [] : Object.keys(result.errors);
}

test('a name and an address are enough', () => {
  expect(checkCameraForm(typed)).toEqual({
    ok: true,
    camera: { name: 'Entrance', mainUrl: 'rtsp://10.0.0.4/live', subUrl: null, credentials: null, model: null },
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
