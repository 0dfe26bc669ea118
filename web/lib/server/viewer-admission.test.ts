import { expect, test, vi } from 'vitest';
import { AppError } from '#protocol/errors.ts';
import { subjects } from '#protocol/subjects.ts';
import { ViewerAdmission } from './viewer-admission.ts';

function open(limit: number): {
  ask: ReturnType<typeof vi.fn<(subject: string) => Promise<unknown>>>;
  later: (ms: number) => void;
  admission: ViewerAdmission;
  watch: (viewerId: string, camera?: string) => Promise<{ viewerId: string }>;
} {
  let nowMs = 0;
  const ask = vi.fn<(subject: string) => Promise<unknown>>();
  const admission = new ViewerAdmission({ request: ask } as never, limit, () => nowMs);
  return {
    ask,
    admission,
    later: (ms) => {
      nowMs += ms;
    },
    watch: (viewerId, camera = 'hall') => admission.admit('ann', camera, () => Promise.resolve({ viewerId })),
  };
}

test('one session too many is refused while the others live, and the workers are not asked each time', async () => {
  const { ask, later, watch } = open(1);
  await watch('v1');
  later(5_000);
  ask.mockResolvedValue({ viewerIds: ['v1'] });
  await expect(watch('v2')).rejects.toMatchObject({ code: 'relay.viewer-limit' });
  later(1_000);
  await expect(watch('v2')).rejects.toMatchObject({ code: 'relay.viewer-limit' });
  expect(ask.mock.calls.map(([subject]) => subject)).toEqual([subjects.whepViewers('hall')]);
  later(5_000);
  await expect(watch('v2')).rejects.toThrow();
  expect(ask).toHaveBeenCalledTimes(2);
});

test('a session that ended without a word, as a closed tab does, makes room', async () => {
  const { ask, later, watch } = open(2);
  await watch('v1');
  await watch('v2', 'door');
  later(5_000);
  ask.mockImplementation((subject) => Promise.resolve({ viewerIds: subject.includes('hall') ? [] : ['v2'] }));
  await expect(watch('v3')).resolves.toEqual({ viewerId: 'v3' });
});

test('one that was ended here, or never began, makes room without asking', async () => {
  const { ask, admission, watch } = open(1);
  const refused = admission.admit('ann', 'hall', () => Promise.reject(new AppError('relay.offer-rejected', 'no')));
  await expect(refused).rejects.toMatchObject({ code: 'relay.offer-rejected' });
  await watch('v1');
  admission.ended('v1');
  await watch('v2');
  expect(ask).not.toHaveBeenCalled();
});

test('sessions of a worker that is silent count for a minute more', async () => {
  const { ask, later, watch } = open(1);
  await watch('v1');
  ask.mockRejectedValue(new AppError('bus.unavailable', 'no answer'));
  later(30_000);
  await expect(watch('v2')).rejects.toMatchObject({ code: 'relay.viewer-limit' });
  later(31_000);
  await expect(watch('v2')).resolves.toEqual({ viewerId: 'v2' });
});
