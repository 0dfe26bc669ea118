import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { AppError } from '#protocol/errors.ts';

/** How far boxes were from the frames they were drawn on, as open pages measured it (protocol/skew.ts). */
export const GET: RequestHandler = ({ params }) =>
  answer(() => {
    const { hub } = backend();
    if (!hub.cameras().some(({ id }) => id === params.id)) {
      throw new AppError('camera.not-found', `there is no camera "${params.id}"`);
    }
    return Promise.resolve(json(hub.skew.summary(params.id), { headers: { 'cache-control': 'no-store' } }));
  });
