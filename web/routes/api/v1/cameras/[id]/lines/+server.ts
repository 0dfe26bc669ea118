import { json } from '@sveltejs/kit';
import * as v from 'valibot';
import type { RequestHandler } from './$types';
import { backend } from '#web/lib/server/backend.ts';
import { readJson } from '#web/lib/server/body.ts';
import { answer } from '#web/lib/server/problem.ts';
import { lineSchema } from '#protocol/geometry.ts';

const linesSchema = v.object({ lines: v.pipe(v.array(lineSchema), v.maxLength(16)) });

export const PUT: RequestHandler = ({ request, params }) =>
  answer(async () => {
    const { lines } = await readJson(request, linesSchema, 'geometry.out-of-range');
    return json({ camera: await backend().cameras.setLines(params.id, lines) });
  });
