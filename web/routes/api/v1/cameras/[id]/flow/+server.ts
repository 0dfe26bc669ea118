import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { answer } from '#web/lib/server/problem.ts';
import { cameraFlowSchema } from '#protocol/flow.ts';
import { subjects } from '#protocol/subjects.ts';

const TIMEOUT_MS = 3_000;

/** Who feeds whom between this camera and its viewers and facts, with rates, losses and what waits. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () =>
    json(await backend().bus.request(subjects.cameraFlow(params.id), {}, cameraFlowSchema, TIMEOUT_MS), {
      headers: { 'cache-control': 'no-store' },
    }),
  );
