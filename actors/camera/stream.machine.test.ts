import { expect, test } from 'vitest';
import { createActor, fromPromise, SimulatedClock } from 'xstate';
import { AppError } from '#protocol/errors.ts';
import { streamMachine, type SessionInput, type StreamView } from './stream.machine.ts';

/** A stream whose sessions the test ends by hand, on a clock that it owns. */
function start() {
  const sessions: { input: SessionInput; fail: (error: AppError) => void; signal: AbortSignal }[] = [];
  const session = fromPromise<never, SessionInput>(
    ({ input, signal }) =>
      new Promise<never>((_, fail) => {
        sessions.push({ input, fail, signal });
      }),
  );
  const machine = streamMachine(
    { session },
    { retryDelayMs: (failures) => failures * 1000, failedRetryMs: 60_000, stableMs: 30_000 },
  );
  const clock = new SimulatedClock();
  const views: StreamView[] = [];
  const actor = createActor(machine, {
    clock,
    input: { camera: 'hall', role: 'analysed', onChanged: (view) => views.push(view) },
  });
  actor.start();
  const last = () => {
    const found = sessions.at(-1);
    if (found === undefined) throw new Error('no session was opened');
    return found;
  };
  return { actor, clock, views, last, sessions, states: () => views.map((view) => view.state) };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

test('a stream is live from its first media on', () => {
  const { last, states } = start();
  last().input.onMedia();
  expect(states()).toEqual(['connecting', 'live']);
});

test('silence makes it stalled, and media live again on the same connection', () => {
  const { last, states, sessions } = start();
  last().input.onMedia();
  last().input.onQuiet();
  last().input.onMedia();
  expect(states()).toEqual(['connecting', 'live', 'stalled', 'live']);
  expect(sessions).toHaveLength(1);
});

test('a lost connection backs off, longer each time, and tells why', async () => {
  const { last, states, clock, views } = start();
  last().input.onMedia();
  last().fail(new AppError('camera.closed-connection', 'the camera closed the connection'));
  await settle();
  expect(views.at(-1)).toMatchObject({
    state: 'backing-off',
    retryInMs: 1000,
    error: { code: 'camera.closed-connection' },
  });
  clock.increment(1000);
  last().fail(new AppError('camera.unreachable', 'no route'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', retryInMs: 2000 });
  clock.increment(1999);
  expect(states().at(-1)).toBe('backing-off');
  clock.increment(1);
  expect(states().at(-1)).toBe('connecting');
});

test('a stable stretch forgets earlier failures', async () => {
  const { last, clock, views } = start();
  last().fail(new AppError('camera.unreachable', 'no route'));
  await settle();
  clock.increment(1000);
  last().input.onMedia();
  clock.increment(30_000);
  last().fail(new AppError('camera.unreachable', 'no route'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', retryInMs: 1000 });
});

test('a wrong password is not retried fast', async () => {
  const { last, clock, views, sessions } = start();
  last().fail(new AppError('camera.refused-login', 'wrong password'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'failed', error: { code: 'camera.refused-login' } });
  clock.increment(59_999);
  expect(sessions).toHaveLength(1);
  clock.increment(1);
  expect(sessions).toHaveLength(2);
});

test("a person's retry connects at once", async () => {
  const { actor, last, sessions, states } = start();
  last().fail(new AppError('camera.path-not-found', 'no such path'));
  await settle();
  actor.send({ type: 'stream.retry' });
  expect(sessions).toHaveLength(2);
  expect(states().at(-1)).toBe('connecting');
});

test('stopping aborts the session', () => {
  const { actor, last } = start();
  actor.stop();
  expect(last().signal.aborted).toBe(true);
});

test('an unknown failure counts as one that may pass', async () => {
  const { last, views } = start();
  last().fail(new TypeError('bug') as unknown as AppError);
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', error: { code: 'internal' } });
});

test('pictures make a long outage forgiven but not forgotten', async () => {
  const { last, clock, views } = start();
  for (let failures = 1; failures <= 6; failures += 1) {
    last().fail(new AppError('camera.unreachable', 'no route'));
    await settle();
    clock.increment(failures * 1000);
  }
  last().input.onMedia();
  last().fail(new AppError('camera.closed-connection', 'the camera closed the connection'));
  await settle();
  expect(views.at(-1)).toMatchObject({ state: 'backing-off', retryInMs: 3000 });
});
