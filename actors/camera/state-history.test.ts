import { expect, test } from 'vitest';
import type { CameraView } from './camera-view.ts';
import { StateHistory } from './state-history.ts';

const view = (state: CameraView['state'], code: string | null = null): CameraView => ({
  state,
  code,
  reason: '',
  retryInMs: null,
});

function kept(views: readonly CameraView[]): string[] {
  const history = new StateHistory();
  return views
    .filter((each) => history.isNews(each))
    .map(({ state, code }) => (code === null ? state : `${state}:${code}`));
}

test('a camera that stays unreachable is told once, and its return', () => {
  const attempts = [view('connecting', 'camera.unreachable'), view('backing-off', 'camera.unreachable')];
  expect(
    kept([
      view('connecting'),
      view('live'),
      view('backing-off', 'camera.closed-connection'),
      ...attempts,
      ...attempts,
      ...attempts,
      view('live'),
    ]),
  ).toEqual(['connecting', 'live', 'backing-off:camera.closed-connection', 'backing-off:camera.unreachable', 'live']);
});

test('a stall and a failure are told', () => {
  expect(kept([view('live'), view('stalled'), view('live'), view('failed', 'camera.refused-login')])).toEqual([
    'live',
    'stalled',
    'live',
    'failed:camera.refused-login',
  ]);
});

test('a reason that changes without the state is no event', () => {
  expect(kept([view('live'), { ...view('live'), reason: 'other words' }])).toEqual(['live']);
});

test('an outage of both streams is told, whichever is noticed first', () => {
  const code = 'camera.closed-connection';
  const views = [
    view('live'),
    view('live', code),
    view('backing-off', code),
    view('connecting', code),
    view('live', code),
  ];
  expect(kept([...views, view('live')])).toEqual([
    'live',
    `live:${code}`,
    `backing-off:${code}`,
    `live:${code}`,
    'live',
  ]);
});
