import { json } from '@sveltejs/kit';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { newBaselineSchema } from '#protocol/sites.ts';

/** The newest hundred. */
export const GET: RequestHandler = ({ params }) =>
  answer(async () => json({ baselines: await backend().sites.baselines(params.site) }));

/** Recorded at once, folded in by the projector within a moment. */
export const POST: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const baseline = await backend().sites.setBaseline(params.site, await readJson(request, newBaselineSchema));
    return json(baseline, { status: 201 });
  });
